/** Decoding images in Node: every kind of PNG, conversions, limits, other formats, damage. */
import { deflateSync } from 'node:zlib';
import { FormatError, OptionError } from '@saccade/tensor';
import { assertRejects } from '@saccade/testing';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { decodeImage } from '../../src/data/image.js';
import { chunk, headerBody, rawLines, samplesOf, signature, writePng } from './png-writer.js';
import { assertModest, damaged, seeded, survives } from './support.js';

const random = seeded(19);
const rgb = { width: 2, height: 1, depth: 8, colorType: 2, samples: [255, 0, 0, 10, 20, 30], random };

test('channels are 3 unless asked for; grey is Rec. 601 luma', async () => {
  const png = writePng(rgb);
  for (const source of [png, new Blob([new Uint8Array(png)])]) {
    const { width, height, channels, data } = await decodeImage(source);
    assert.equal([width, height, channels, ...data], [2, 1, 3, 255, 0, 0, 10, 20, 30]);
  }
  assert.equal([...(await decodeImage(png, { channels: 1 })).data], [76, 18]);
  assert.equal([...(await decodeImage(png, { channels: 4 })).data], [255, 0, 0, 255, 10, 20, 30, 255]);
});

test('grey, with and without alpha, becomes colour', async () => {
  const grey = writePng({ width: 2, height: 1, depth: 2, colorType: 0, samples: [1, 3], random });
  assert.equal([...(await decodeImage(grey)).data], [85, 85, 85, 255, 255, 255]);
  const alpha = writePng({ width: 1, height: 1, depth: 16, colorType: 4, samples: [0x8081, 0x7f7f], random });
  assert.equal([...(await decodeImage(alpha, { channels: 4 })).data], [128, 128, 128, 127]);
  assert.equal([...(await decodeImage(alpha, { channels: 1 })).data], [128]);
});

test('palettes and transparent colours', async () => {
  const palette = [1, 2, 3, 40, 50, 60, 7, 8, 9];
  const indexed = { width: 3, height: 1, depth: 4, colorType: 3, samples: [2, 0, 1], palette, random };
  assert.equal([...(await decodeImage(writePng(indexed))).data], [7, 8, 9, 1, 2, 3, 40, 50, 60]);
  const clear = await decodeImage(writePng({ ...indexed, transparency: [5] }), { channels: 4 });
  assert.equal([...clear.data], [7, 8, 9, 255, 1, 2, 3, 5, 40, 50, 60, 255]);
  const keyed = await decodeImage(writePng({ ...rgb, transparency: [0, 10, 0, 20, 0, 30] }), { channels: 4 });
  assert.equal([...keyed.data], [255, 0, 0, 255, 10, 20, 30, 0]);
});

test('bad options are refused', async () => {
  const png = writePng(rgb);
  await assertRejects(
    () => decodeImage('a.png' as unknown as Blob),
    OptionError,
    /^decodeImage: expected a Uint8Array or Blob/,
  );
  await assertRejects(() => decodeImage(png, { channels: 2 as 1 }), OptionError, /channels must be 1, 3 or 4, got 2/);
  await assertRejects(() => decodeImage(png, { maxPixels: 0 }), OptionError, /maxPixels must be a whole number from 1/);
  await assertRejects(() => decodeImage(png, { signal: AbortSignal.abort(new Error('enough')) }), Error, /enough/);
});

test('sizes are checked before anything is decoded', async () => {
  const huge = Buffer.concat([signature, chunk('IHDR', headerBody(2 ** 31 - 1, 2 ** 31 - 1, 16, 6)), Buffer.alloc(50)]);
  await assertRejects(
    () => decodeImage(huge),
    FormatError,
    /a PNG of at most 268435456 pixels, got 2147483647 x 2147483647/,
  );
  await assertRejects(() => decodeImage(writePng(rgb), { maxPixels: 1 }), FormatError, /at most 1 pixels, got 2 x 1/);
  const jpeg = Uint8Array.of(
    0xff,
    0xd8,
    0xff,
    0xe0,
    0,
    4,
    0,
    0,
    0xff,
    0xc2,
    0,
    11,
    8,
    0xff,
    0xff,
    0xff,
    0xff,
    3,
    0,
    0,
    0,
  );
  await assertRejects(() => decodeImage(jpeg), FormatError, /a JPEG of at most 268435456 pixels, got 65535 x 65535/);
});

test('other formats are refused by name, with what to do', async () => {
  const files: [string, string][] = [
    ['\xff\xd8\xff\xe0\0\x10JFIF', 'a JPEG'],
    ['GIF89a\x01\0\x01\0', 'a GIF'],
    ['RIFF\0\0\0\0WEBPVP8 ', 'a WebP'],
    [`BM${'\0'.repeat(30)}`, 'a BMP'],
    ['hello', 'bytes of an unknown format'],
    ['', 'bytes of an unknown format'],
  ];
  for (const [text, name] of files) {
    const problem = new RegExp(
      `^decodeImage: expected a PNG, got ${name}; outside of browsers only PNG is read: convert`,
    );
    await assertRejects(() => decodeImage(Buffer.from(text, 'latin1')), FormatError, problem);
  }
});

test('files that break the format are refused with their position', async () => {
  const png = writePng(rgb);
  const refuse = (file: Uint8Array, problem: RegExp) => assertRejects(() => decodeImage(file), FormatError, problem);
  const flipped = Buffer.from(png);
  flipped[20]! ^= 1;
  await refuse(flipped, /^decodeImage, byte 8: expected the checksum of "IHDR" to fit, got damage/);
  await refuse(png.subarray(0, -1), /byte \d+: expected a whole chunk, got the end of the file/);
  await refuse(png.subarray(0, 8), /byte 8: expected a whole chunk/);
  const whole = (...chunks: Buffer[]) => Buffer.concat([signature, ...chunks, chunk('IEND', new Uint8Array(0))]);
  const header = chunk('IHDR', headerBody(1, 1, 8, 0));
  await refuse(whole(), /expected one header chunk, in front, got "IEND"/);
  await refuse(whole(header, header), /byte 33: expected one header chunk, in front, got "IHDR"/);
  await refuse(whole(chunk('IHDR', headerBody(0, 1, 8, 0))), /expected a size from 1 x 1 .* got 0 x 1/);
  await refuse(whole(chunk('IHDR', headerBody(1, 1, 4, 2))), /got 1 x 1, depth 4, colour type 2/);
  await refuse(whole(chunk('IHDR', headerBody(1, 1, 8, 0, 2))), /byte 26: expected compression 0/);
  await refuse(whole(header, chunk('ABCD', new Uint8Array(3))), /byte 33: expected a chunk that PNG knows, got "ABCD"/);
  await refuse(whole(header), /expected zlib data/);
  await refuse(whole(header, chunk('IDAT', deflateSync(Uint8Array.of(9, 1)))), /expected a sound PNG, got damage/);
  const indexed = { width: 1, height: 1, depth: 8, colorType: 3, samples: [2], random };
  await refuse(writePng(indexed), /expected a palette of 1 to 256 colours, got 0 bytes/);
  await refuse(writePng({ ...indexed, palette: [1, 2, 3] }), /expected palette positions below 1, got 2 at pixel 0/);
  await refuse(writePng({ ...rgb, transparency: [0, 1] }), /expected 6 bytes of transparency, got 2/);
});

test('data that swells, and headers that promise more, take no memory', async () => {
  const bomb = writePng(rgb, new Uint8Array(60_000_000));
  const promise = writePng({ ...rgb, width: 16_000, height: 16_000 }, rawLines(rgb));
  await assertModest(30, async () => {
    await assertRejects(() => decodeImage(bomb), FormatError, /expected 7 bytes of pixels for 2 x 1, got more/);
    await assertRejects(() => decodeImage(promise), FormatError, /expected 768016000 bytes of pixels .* got \d+/);
  });
});

test('every colour type and depth, with any filters, interlaced or not, comes back; interlaced ones of few bits are refused', async () => {
  const kinds: [number, number][] = [0, 2, 3, 4, 6].flatMap((colorType) =>
    [1, 2, 4, 8, 16].map((depth): [number, number] => [colorType, depth]),
  );
  const allowed = kinds.filter(([type, depth]) => type === 0 || (type === 3 ? depth < 16 : depth >= 8));
  const plan = fc.record({
    kind: fc.constantFrom(...allowed),
    width: fc.integer({ min: 1, max: 19 }),
    height: fc.integer({ min: 1, max: 19 }),
    interlaced: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(plan, async ({ kind: [colorType, depth], width, height, interlaced }) => {
      const channels = samplesOf[colorType]!;
      const samples = Array.from({ length: width * height * channels }, () => random(2 ** depth));
      const palette = Array.from({ length: 3 * 2 ** Math.min(8, depth) }, () => random(256));
      const png = writePng({
        width,
        height,
        depth,
        colorType,
        samples,
        random,
        interlaced,
        ...(colorType === 3 && { palette }),
      });
      if (interlaced && depth < 8) {
        await assertRejects(
          () => decodeImage(png),
          FormatError,
          /an interlaced PNG with [124] bits a sample is not read/,
        );
        return;
      }
      const scaled = samples.map((sample) => Math.round((sample * 255) / (2 ** depth - 1)));
      const expected = Array.from({ length: width * height }, (_, i) => {
        if (colorType === 3) return [...palette.slice(3 * samples[i]!, 3 * samples[i]! + 3), 255];
        const pixel = scaled.slice(i * channels, (i + 1) * channels);
        const color = channels < 3 ? [pixel[0]!, pixel[0]!, pixel[0]!] : pixel.slice(0, 3);
        return [...color, channels % 2 === 0 ? pixel.at(-1)! : 255];
      });
      assert.equal([...(await decodeImage(png, { channels: 4 })).data], expected.flat());
      const grey = expected.map(([r, g, b]) => Math.floor((299 * r! + 587 * g! + 114 * b! + 500) / 1000));
      assert.equal([...(await decodeImage(png, { channels: 1 })).data], grey);
    }),
    { seed: 12, numRuns: 300 },
  );
});

test('400 damaged files end in an image or a typed error, without wild memory', async () => {
  const samples = Array.from({ length: 12 * 9 * 3 }, () => random(256));
  const plan = { width: 12, height: 9, depth: 8, colorType: 2, samples, random };
  const lines = rawLines(plan);
  let refused = 0;
  await assertModest(100, async () => {
    for (let run = 0; run < 400; run++) {
      // Half of them with sound checksums around damaged lines.
      const file = run % 2 === 0 ? damaged(random, writePng(plan)) : writePng(plan, damaged(random, lines));
      if (!(await survives(() => decodeImage(file), file))) refused++;
    }
  });
  assert.ok(refused > 150, `only ${refused} refused`);
});

test.run();

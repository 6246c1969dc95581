/** IDX files: every element type, limits, hostile headers, random damage. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { FormatError, OptionError } from '@saccade/tensor';
import { assertRejects, assertThrows } from '@saccade/testing';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type IdxDType, idxItems, readIdx } from '../../src/data/idx.js';
import { assertModest, CutBlob, collect, damaged, dataPath, seeded, survives } from './support.js';

const random = seeded(14);
const codes: Record<IdxDType, number> = { uint8: 8, int8: 9, int16: 11, int32: 12, float32: 13, float64: 14 };
const writers = {
  uint8: [1, (view: DataView, at: number, value: number) => view.setUint8(at, value)],
  int8: [1, (view: DataView, at: number, value: number) => view.setInt8(at, value)],
  int16: [2, (view: DataView, at: number, value: number) => view.setInt16(at, value)],
  int32: [4, (view: DataView, at: number, value: number) => view.setInt32(at, value)],
  float32: [4, (view: DataView, at: number, value: number) => view.setFloat32(at, value)],
  float64: [8, (view: DataView, at: number, value: number) => view.setFloat64(at, value)],
} as const;

/** An IDX file. */
function idx(dtype: IdxDType, shape: readonly number[], values: ArrayLike<number>): Uint8Array<ArrayBuffer> {
  const [width, set] = writers[dtype];
  const start = 4 + 4 * shape.length;
  const view = new DataView(new ArrayBuffer(start + width * values.length));
  view.setUint8(2, codes[dtype]);
  view.setUint8(3, shape.length);
  for (const [axis, extent] of shape.entries()) view.setUint32(4 + 4 * axis, extent);
  for (let i = 0; i < values.length; i++) set(view, start + width * i, values[i]!);
  return new Uint8Array(view.buffer);
}

const small = idx('int16', [3, 2], [1, -2, 300, -400, 5, 6]);

test('an array comes back with type, shape and values, packed or not', async () => {
  for (const source of [small, gzipSync(small), new CutBlob(small, random), new CutBlob(gzipSync(small), random)]) {
    const { dtype, shape, data } = await readIdx(source);
    assert.is(dtype, 'int16');
    assert.equal(shape, [3, 2]);
    assert.equal(data, Int16Array.of(1, -2, 300, -400, 5, 6));
  }
});

test('limit gives the first items and does not look at what follows', async () => {
  const cut = small.subarray(0, small.length - 3);
  assert.equal(await readIdx(cut, { limit: 2 }), {
    dtype: 'int16',
    shape: [2, 2],
    data: Int16Array.of(1, -2, 300, -400),
  });
  assert.equal((await readIdx(small, { limit: 9 })).shape, [3, 2]);
});

test('items come in chunks', async () => {
  const chunks = await collect(idxItems(small, { batch: 2 }));
  assert.equal(
    chunks.map(({ shape }) => shape),
    [
      [2, 2],
      [1, 2],
    ],
  );
  assert.equal(chunks[1]!.data, Int16Array.of(5, 6));
  assert.equal((await collect(idxItems(small, { limit: 1 })))[0]!.data, Int16Array.of(1, -2));
  assert.equal(await collect(idxItems(idx('uint8', [0, 4], []))), []);
});

test('bad options are refused', async () => {
  await assertRejects(
    () => readIdx(small, { limit: 0 }),
    OptionError,
    /^readIdx: limit must be a whole number from 1, got 0/,
  );
  assertThrows(() => idxItems(small, { batch: 1.5 }), OptionError, /^idxItems: batch must be .* got 1\.5/);
  const wrong = { lmit: 3 } as unknown as { limit: number };
  await assertRejects(() => readIdx(small, wrong), OptionError, /^readIdx: no option 'lmit'; there are limit, signal/);
  await assertRejects(() => readIdx(small, { signal: AbortSignal.abort(new Error('enough')) }), Error, /enough/);
});

test('headers that break the format are refused with their position', async () => {
  const header = (...bytes: number[]) => Uint8Array.from([...bytes, ...new Array(40).fill(1)]);
  await assertRejects(() => readIdx(header(0, 0, 10, 1)), FormatError, /^readIdx, byte 0: an IDX file .* got 0 0 10 1/);
  await assertRejects(() => readIdx(header(1, 0, 8, 1)), FormatError, /got 1 0 8 1/);
  await assertRejects(() => readIdx(header(0, 0, 8, 0)), FormatError, /^readIdx, byte 3: expected 1 to 8 axes, got 0/);
  await assertRejects(() => readIdx(header(0, 0, 8, 9)), FormatError, /expected 1 to 8 axes, got 9/);
  await assertRejects(
    () => readIdx(idx('uint8', [2, 0], [])),
    FormatError,
    /at least one element .* got shape \[2,0\]/,
  );
  await assertRejects(
    () => readIdx(Uint8Array.of(0, 0)),
    FormatError,
    /^readIdx, byte 2: expected 2 more bytes of the magic/,
  );
  await assertRejects(() => readIdx(small.subarray(0, 9)), FormatError, /byte 9: expected 3 more bytes of the shape/);
});

test('files that are too short or too long are refused with their position', async () => {
  const short = new File([small.subarray(0, 20)], 'a.idx');
  const long = Uint8Array.from([...small, 0]);
  const problem = /^readIdx: a\.idx, byte 20: expected 4 more bytes of items of shape \[2\], got the end of the file/;
  await assertRejects(() => readIdx(short), FormatError, problem);
  await assertRejects(() => readIdx(long), FormatError, /^readIdx, byte 24: expected the end of the file/);
  await assertRejects(() => collect(idxItems(short)), FormatError, /byte 20/);
  await assertRejects(() => collect(idxItems(long)), FormatError, /^idxItems, byte 24/);
});

test('counts that the file does not hold, and a gzip that swells, take no memory', async () => {
  const most = 2 ** 32 - 1;
  const bomb = gzipSync(Buffer.concat([idx('uint8', [10], []), new Uint8Array(200_000_000)]));
  await assertModest(60, async () => {
    await assertRejects(() => readIdx(idx('float64', [most], [1])), FormatError, /got the end of the file/);
    await assertRejects(() => readIdx(idx('uint8', [most, 1000], [1])), FormatError, /got the end of the file/);
    await assertRejects(
      () => readIdx(idx('uint8', new Array(8).fill(most), [1])),
      FormatError,
      /less than 2\^53 bytes/,
    );
    await assertRejects(() => collect(idxItems(idx('uint8', [most, most / 3], [1]))), FormatError, /less than 2\^53/);
    await assertRejects(() => readIdx(bomb), FormatError, /byte 18: expected the end of the file/);
  });
});

test('MNIST has the bytes that its description says', async () => {
  const path = dataPath('mnist/train-images-idx3-ubyte.gz');
  if (!existsSync(path)) {
    console.log(`${path} is not there: left out`);
    return;
  }
  const { dtype, shape, data } = await readIdx(path);
  assert.is(dtype, 'uint8');
  assert.equal(shape, [20_000, 28, 28]);
  const file = idx('uint8', shape, []);
  assert.is(createHash('md5').update(file).update(data).digest('hex'), 'd73432216241cd20c54e8173c3ac00ca');
  let items = 0;
  for await (const chunk of idxItems(path, { batch: 999 })) {
    const part = data.subarray(items * 784, (items + chunk.shape[0]!) * 784);
    assert.ok(Buffer.from(chunk.data.buffer).equals(Buffer.from(part.buffer, part.byteOffset, part.byteLength)));
    items += chunk.shape[0]!;
  }
  assert.is(items, 20_000);
});

test('random arrays of every type survive writing and reading, cut anywhere', async () => {
  const dtypes = fc.constantFrom(...(Object.keys(codes) as IdxDType[]));
  const extents = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(dtypes, extents, fc.integer({ min: 1, max: 5 }), async (dtype, extent, batch) => {
      const shape = extent.map((n, axis) => (axis < 4 ? n : 1));
      const count = shape.reduce((product, n) => product * n, 1);
      const low = dtype === 'uint8' ? 0 : -100;
      const values = Array.from({ length: count }, () => low + random(200));
      const file = idx(dtype, shape, values);
      const read = await readIdx(new CutBlob(file, random, 50));
      assert.equal({ ...read, data: [...read.data] }, { dtype, shape, data: values });
      const chunks = await collect(idxItems(new CutBlob(file, random, 50), { batch }));
      assert.equal(
        chunks.flatMap(({ data }) => [...data]),
        [...read.data],
      );
    }),
    { seed: 6, numRuns: 200 },
  );
});

test('400 damaged files end in an array or a typed error, without wild memory', async () => {
  let refused = 0;
  await assertModest(100, async () => {
    for (let run = 0; run < 400; run++) {
      const file = damaged(random, run % 2 === 0 ? small : gzipSync(small));
      if (!(await survives(() => readIdx(file), file))) refused++;
      await survives(() => collect(idxItems(file, { batch: 2 })), file);
    }
  });
  assert.ok(refused > 200, `only ${refused} refused`);
});

test('stopping early closes the file', async () => {
  const blob = new CutBlob(idx('uint8', [50], new Array(50).fill(1)), random);
  for await (const _ of idxItems(blob, { batch: 1 })) break;
  assert.ok(blob.cancelled);
  const bad = new CutBlob(new Uint8Array(100).fill(1), random);
  await survives(() => readIdx(bad), new Uint8Array(0));
  assert.ok(bad.cancelled);
});

test.run();

/** Lines of text: line ends, borders of chunks, limits, damage. */
import { gzipSync } from 'node:zlib';
import { FormatError } from '@saccade/tensor';
import { assertRejects } from '@saccade/testing';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { byteStream } from '../../src/data/byte-stream.js';
import { type LinesOptions, lines } from '../../src/data/text-lines.js';
import { assertModest, bytesOf, CutBlob, collect, seeded } from './support.js';

const random = seeded(12);

function read(text: string | Uint8Array, options: LinesOptions = {}, longest = 3): Promise<string[]> {
  const bytes = typeof text === 'string' ? bytesOf(text) : text;
  return collect(lines(byteStream(new CutBlob(bytes, random, longest), { what: 'read' }), options));
}

test('lines end with \\n or \\r\\n, the last one with the file', async () => {
  assert.equal(await read('a\nb\r\n\n\r\nc\rd\ne'), ['a', 'b', '', '', 'c\rd', 'e']);
  assert.equal(await read('a\n'), ['a']);
  assert.equal(await read('a\r'), ['a\r']);
  assert.equal(await read(''), []);
  assert.equal(await read('\n'), ['']);
});

test('a byte order mark in front is left out, elsewhere it stays', async () => {
  assert.equal(await read('\ufeffa\n\ufeffb'), ['a', '\ufeffb']);
  assert.equal(await read('\ufeff\ufeffa'), ['\ufeffa']);
});

test('bytes that are no UTF-8 are refused with their line', async () => {
  const bad = Uint8Array.from([...bytesOf('ä\nb\nc'), 0xe4, 10, 100, 10]);
  for (const longest of [1, 3, 100]) {
    await assertRejects(() => read(bad, {}, longest), FormatError, /^read, line 3: expected UTF-8, got other bytes/);
  }
  await assertRejects(() => read(Uint8Array.of(0xc3)), FormatError, /line 1: expected UTF-8/);
});

test('a line longer than allowed is refused, whatever the chunks', async () => {
  for (const longest of [1, 2, 5, 100]) {
    assert.equal(await read('abcd\nabcd', { maxLineBytes: 4 }, longest), ['abcd', 'abcd']);
    const problem = /^read, line 2: expected lines of at most 4 bytes, got more/;
    await assertRejects(() => read('abcd\nabcde\n', { maxLineBytes: 4 }, longest), FormatError, problem);
    await assertRejects(() => read('abcd\nabcde', { maxLineBytes: 4 }, longest), FormatError, problem);
  }
});

test('a gzip that swells to one endless line is given up at the limit', async () => {
  const bomb = gzipSync(new Uint8Array(100_000_000).fill(97));
  await assertModest(40, async () => {
    const swelling = lines(byteStream(bomb, { what: 'read' }), { maxLineBytes: 1_000_000 });
    await assertRejects(() => collect(swelling), FormatError, /line 1: expected lines of at most 1000000 bytes/);
  });
});

test('any text, cut anywhere, gives the lines that splitting it gives', async () => {
  const text = fc.array(fc.constantFrom('a', 'ß', '水', '🜁', '\n', '\r\n', '\r', ' ', '"'), { maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(text, fc.integer({ min: 1, max: 9 }), async (parts, longest) => {
      const whole = parts.join('');
      const expected = whole.split('\n').map((line, i, all) => (i < all.length - 1 ? line.replace(/\r$/, '') : line));
      if (expected.at(-1) === '') expected.pop();
      assert.equal(await read(whole, {}, longest), expected);
    }),
    { seed: 5, numRuns: 300 },
  );
});

test.run();

/** Exact numbers of bytes from a stream. */
import { FormatError } from '@saccade/tensor';
import { assertRejects } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ByteCursor } from '../../src/data/byte-cursor.js';
import { byteStream } from '../../src/data/byte-stream.js';
import { assertModest, CutBlob, seeded } from './support.js';

const random = seeded(13);

test('bytes are taken in order, across chunks, into buffers of their own', async () => {
  const content = Uint8Array.from({ length: 500_000 }, (_, i) => i >> 3);
  const cursor = new ByteCursor(byteStream(new CutBlob(content, random, 9000), { what: 'read' }));
  assert.equal([...(await cursor.take(0, 'nothing'))], []);
  let at = 0;
  for (const length of [1, 2, 70_000, 3, 429_994]) {
    const taken = await cursor.take(length, 'something');
    assert.is(taken.buffer.byteLength, length);
    assert.ok(Buffer.from(taken).equals(content.subarray(at, at + length)));
    at += length;
  }
  await cursor.end();
  await cursor.close();
});

test('bytes come in pieces, or are passed over, without an array for all of them', async () => {
  const content = Uint8Array.from({ length: 600_000 }, (_, i) => i >> 3);
  const cursor = new ByteCursor(byteStream(new CutBlob(content, random, 9000), { what: 'read' }));
  await cursor.skip(3, 'the head');
  let at = 3;
  for await (const piece of cursor.pieces(400_000, 'the body')) {
    assert.ok(Buffer.from(piece).equals(content.subarray(at, at + piece.length)));
    at += piece.length;
  }
  assert.is(at, 400_003);
  assert.equal([...(await cursor.take(2, 'the tail'))], [...content.subarray(at, at + 2)]);
  const cut = /^read, byte 600000: expected 7 more bytes of the end, got the end of the file/;
  await assertRejects(() => cursor.skip(600_000 - 400_005 + 7, 'the end'), FormatError, cut);
});

test('too few and too many bytes are refused with their position', async () => {
  const cursor = new ByteCursor(byteStream(Uint8Array.of(1, 2, 3, 4), { what: 'read' }));
  await cursor.take(1, 'the head');
  await assertRejects(() => cursor.end(), FormatError, /^read, byte 1: expected the end of the file, got more bytes/);
  const problem = /^read, byte 4: expected 2 more bytes of the tail, got the end of the file/;
  await assertRejects(() => cursor.take(5, 'the tail'), FormatError, problem);
});

test('a length that the file does not have is not allocated', async () => {
  await assertModest(10, async () => {
    const cursor = new ByteCursor(byteStream(new Uint8Array(1000), { what: 'read' }));
    await assertRejects(() => cursor.take(2 ** 52, 'it'), FormatError, /byte 1000: expected 4503599627369496 more/);
  });
});

test('close closes the source', async () => {
  const blob = new CutBlob(new Uint8Array(100), random);
  const cursor = new ByteCursor(byteStream(blob, { what: 'read' }));
  await cursor.take(3, 'it');
  await cursor.close();
  assert.ok(blob.cancelled);
});

test.run();

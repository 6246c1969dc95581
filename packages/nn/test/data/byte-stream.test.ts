/** Streams of bytes: every kind of source, gzip, early return, abort and damage. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { DeviceError, type FileSource, FormatError, OptionError, SaccadeError } from '@saccade/tensor';
import { assertRejects, assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { byteStream } from '../../src/data/byte-stream.js';
import { CutBlob, collect, damaged, seeded, survives } from './support.js';

async function drain(source: FileSource, signal?: AbortSignal): Promise<Buffer> {
  return Buffer.concat(await collect(byteStream(source, { what: 'read', ...(signal && { signal }) }).stream));
}

async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'saccade-stream-'));
  try {
    await body(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function withServer(
  answer: Parameters<typeof createServer>[1],
  body: (url: URL) => Promise<void>,
): Promise<void> {
  const server: Server = createServer(answer);
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  try {
    await body(new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/a.bin`));
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const random = seeded(11);
const content = Uint8Array.from({ length: 700_001 }, (_, i) => (i * i) >> 5);

test('a path, a file URL, bytes, a Blob and a data URL give the same bytes, in pieces of at most 256 KiB', async () => {
  await inFolder(async (folder) => {
    const path = join(folder, 'a.bin');
    await writeFile(path, content);
    const data = new URL(`data:;base64,${Buffer.from(content).toString('base64')}`);
    for (const source of [path, pathToFileURL(path), content, new Blob([content]), data]) {
      const pieces = await collect(byteStream(source, { what: 'read' }).stream);
      assert.ok(Buffer.concat(pieces).equals(content));
      assert.ok(pieces.every((piece) => piece.length > 0 && piece.length <= 262_144));
    }
    assert.is(byteStream(path, { what: 'read' }).label, `read: ${path}`);
    assert.is(byteStream(content, { what: 'read' }).label, 'read');
    assert.is(byteStream(new File([], 'b.bin'), { what: 'read' }).label, 'read: b.bin');
  });
});

test('a web address is streamed', async () => {
  await withServer(
    (_, response) => response.end(content),
    async (url) => assert.ok((await drain(url)).equals(content)),
  );
});

test('gzip is decompressed by itself; of several joined ones nothing is lost unseen', async () => {
  const packed = gzipSync(content);
  assert.ok((await drain(packed)).equals(content));
  const twice = await drain(Buffer.concat([packed, packed])).catch((error: unknown) => error);
  assert.ok(twice instanceof FormatError || (twice as Buffer).equals(Buffer.concat([content, content])));
  assert.is((await drain(gzipSync(''))).length, 0);
});

test('files of no byte and of the first byte of gzip are given as they are', async () => {
  for (const bytes of [Uint8Array.of(), Uint8Array.of(0x1f), Uint8Array.of(0x1f, 0x8c)]) {
    assert.ok((await drain(bytes)).equals(bytes));
  }
});

test('bad sources are refused at once, missing files when they are read', async () => {
  assertThrows(
    () => byteStream(7 as unknown as string, { what: 'read' }),
    OptionError,
    /^read: expected a path, .* got 7/,
  );
  assertThrows(() => byteStream('', { what: 'read' }), OptionError, /^read: the path is empty/);
  assertThrows(() => byteStream('http://a/b', { what: 'read' }), OptionError, /pass new URL\("http:\/\/a\/b"\)/);
  const missing = await assertRejects(() => drain('/no/such'), SaccadeError, /^read: \/no\/such: cannot be opened/);
  assert.is((missing as SaccadeError).code, 'io');
  await assertRejects(() => drain(tmpdir()), SaccadeError, /: cannot be read \(EISDIR/);
});

test('a server that fails, or breaks off, is an io error', async () => {
  await withServer(
    (_, response) => response.writeHead(404).end(),
    async (url) => {
      await assertRejects(() => drain(url), SaccadeError, /^read: http:.*: the server answered 404/);
    },
  );
  await withServer(
    (_, response) => {
      response.writeHead(200, { 'content-length': 1000 });
      response.write('abc', () => response.destroy());
    },
    async (url) => {
      await assertRejects(() => drain(url), SaccadeError, /^read: http:.*: reading broke off/);
    },
  );
});

test('a damaged or truncated gzip is a FormatError', async () => {
  const packed = gzipSync(content);
  const flipped = Uint8Array.from(packed);
  flipped[flipped.length >> 1]! ^= 255;
  const wrongSum = Uint8Array.from(packed);
  wrongSum[wrongSum.length - 6]! ^= 1;
  for (const bad of [
    packed.subarray(0, -9),
    packed.subarray(0, 2),
    flipped,
    wrongSum,
    Buffer.concat([packed, packed.subarray(0, 9)]),
  ]) {
    await assertRejects(
      () => drain(bad),
      FormatError,
      /^read: expected gzip data, got bytes that are damaged or end too/,
    );
  }
});

test('without Node there are no paths', () => {
  const { process } = globalThis;
  try {
    Object.defineProperty(globalThis, 'process', { value: undefined, configurable: true });
    assertThrows(
      () => byteStream(new URL('file:///a'), { what: 'read' }),
      DeviceError,
      /this host has no files by path/,
    );
  } finally {
    Object.defineProperty(globalThis, 'process', { value: process, configurable: true });
  }
});

test('an error of the source passes through gzip as it is', async () => {
  const broken = new CutBlob(gzipSync(content).subarray(0, 500), random, 90);
  const stream = broken.stream.bind(broken);
  broken.stream = () => {
    const reader = stream().getReader();
    return new ReadableStream({
      async pull(controller) {
        const { value, done } = await reader.read();
        if (done) controller.error(new Error('the disk is gone'));
        else controller.enqueue(value);
      },
    }) as ReturnType<typeof stream>;
  };
  await assertRejects(() => drain(broken), SaccadeError, /^read: reading broke off \(the disk is gone\)/);
});

test('an abort stops with its reason, before and in the middle', async () => {
  await assertRejects(() => drain(content, AbortSignal.abort(new Error('enough'))), Error, /enough/);
  for (const source of [content, gzipSync(content), new Blob([content])]) {
    const controller = new AbortController();
    let seen = 0;
    await assertRejects(
      async () => {
        for await (const piece of byteStream(source, { what: 'read', signal: controller.signal }).stream) {
          seen += piece.length;
          controller.abort(new Error('enough'));
        }
      },
      Error,
      /enough/,
    );
    assert.ok(seen < content.length);
  }
});

test('random cuts give the same bytes, packed or not', async () => {
  for (let run = 0; run < 200; run++) {
    const bytes = Uint8Array.from({ length: random(300) }, () => random(256));
    if (bytes[0] === 0x1f) bytes[0] = 0;
    assert.ok((await drain(new CutBlob(bytes, random))).equals(bytes));
    assert.ok((await drain(new CutBlob(gzipSync(bytes), random))).equals(bytes));
  }
});

test('300 damaged gzips end in bytes or a typed error', async () => {
  const packed = gzipSync(content.subarray(0, 3000));
  let refused = 0;
  for (let run = 0; run < 300; run++) {
    const file = damaged(random, packed);
    if (!(await survives(() => drain(file), file))) refused++;
  }
  assert.ok(refused > 150, `only ${refused} refused`);
});

test('stopping early closes the source', async () => {
  const packed = gzipSync(Uint8Array.from({ length: 300_000 }, () => random(256)));
  for (const blob of [new CutBlob(content, random, 900), new CutBlob(packed, random, 900)]) {
    for await (const piece of byteStream(blob, { what: 'read' }).stream) {
      assert.ok(piece.length > 0);
      break;
    }
    assert.ok(blob.cancelled);
  }
  await inFolder(async (folder) => {
    const path = join(folder, 'a.bin');
    await writeFile(path, packed);
    for (let run = 0; run < 50; run++) {
      for await (const _ of byteStream(path, { what: 'read' }).stream) break;
    }
    assert.not(process.getActiveResourcesInfo().includes('FSReqPromise'));
  });
});

test.run();

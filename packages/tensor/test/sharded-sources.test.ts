/** Shards beside their index: in a folder and on a server. */
import { mkdir, mkdtemp, open, readdir, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { FormatError, OptionError, SaccadeError } from '@saccade/kernels';
import { assertRejects } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { openShardedSafetensors } from '../src/formats/open-sharded-safetensors.js';
import { packSafetensors } from '../src/formats/safetensors-bytes.js';

const count = 20;
const shardName = (i: number): string => `model part ${i} of ${count}.safetensors`;
const numbers = Array.from({ length: count }, (_, i) => i);
const shards = new Map(
  numbers.map((i) => {
    const data = Float32Array.from({ length: 30_000 }, () => i);
    return [shardName(i), packSafetensors(new Map([[`w${i}`, { dtype: 'F32', shape: [30_000], data }]]))];
  }),
);
const index = JSON.stringify({ weight_map: Object.fromEntries(numbers.map((i) => [`w${i}`, shardName(i)])) });

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'saccade-shards-'));
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function writeShards(folder: string): Promise<string> {
  for (const [name, bytes] of shards) await writeFile(join(folder, name), bytes);
  const path = join(folder, 'model.safetensors.index.json');
  await writeFile(path, index);
  return path;
}

/** How many files of the folder this process holds open; 0 where the host cannot say. */
async function openFiles(folder: string): Promise<number> {
  const handles = await readdir('/proc/self/fd').catch((): string[] => []);
  const targets = await Promise.all(handles.map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')));
  return targets.filter((target) => target.startsWith(folder)).length;
}

test('by a path or a file URL the shards are those in the folder of the index, and close lets go of all', () =>
  inFolder(async (folder) => {
    const path = await writeShards(folder);
    for (const source of [path, pathToFileURL(path)]) {
      const file = await openShardedSafetensors(source);
      assert.equal(
        file.names,
        numbers.map((i) => `w${i}`),
      );
      for (const i of [0, 13, 19]) assert.is((await file.readStored(`w${i}`)).data[29_999], i);
      await file.close();
      assert.is(await openFiles(folder), 0);
    }
  }));

test('an index that is a link finds the shards beside the link', () =>
  inFolder(async (folder) => {
    const [blobs, snapshot] = [join(folder, 'blobs'), join(folder, 'snapshot')];
    await mkdir(blobs);
    await mkdir(snapshot);
    await writeShards(blobs);
    for (const name of await readdir(blobs)) await symlink(join(blobs, name), join(snapshot, name));
    const file = await openShardedSafetensors(join(snapshot, 'model.safetensors.index.json'));
    assert.is((await file.readStored('w3')).data[0], 3);
    await file.close();
  }));

test('a shard that is missing or damaged is named, and none stays open', () =>
  inFolder(async (folder) => {
    const path = await writeShards(folder);
    await rm(join(folder, shardName(7)));
    await assertRejects(
      () => openShardedSafetensors(path),
      SaccadeError,
      /shard "model part 7 of 20.*cannot be opened/,
    );
    assert.is(await openFiles(folder), 0);
    await writeFile(join(folder, shardName(7)), 'nothing');
    await assertRejects(() => openShardedSafetensors(path), FormatError, /shard "model part 7 of 20.*at least 8 bytes/);
    assert.is(await openFiles(folder), 0);
    await writeFile(join(folder, shardName(7)), shards.get(shardName(8))!);
    await assertRejects(
      () => openShardedSafetensors(path),
      FormatError,
      /tensor "w7" should be in .* but no shard has it/,
    );
    assert.is(await openFiles(folder), 0);
  }));

test('an index that is too long is refused before it is read', () =>
  inFolder(async (folder) => {
    const path = join(folder, 'model.safetensors.index.json');
    const handle = await open(path, 'w');
    await handle.truncate(100_000_001);
    await handle.close();
    await assertRejects(() => openShardedSafetensors(path), FormatError, /has 100000001 bytes, more than 100000000/);
    await assertRejects(() => openShardedSafetensors(join(folder, 'none')), SaccadeError, /cannot be opened/);
  }));

/** Runs `work` with the address of a server on this machine that has `files` under /models/. */
async function withServer(
  files: ReadonlyMap<string, Uint8Array | string>,
  work: (folder: URL, asked: string[]) => Promise<void>,
): Promise<void> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url!, 'http://localhost');
    const name = decodeURIComponent(pathname.replace('/models/', ''));
    const bytes = Buffer.from(files.get(name) ?? '');
    asked.push(name);
    const [, begin, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
    if (!files.has(name)) response.writeHead(404).end();
    else if (begin === undefined) response.end(bytes);
    else {
      const stop = Math.min(Number(last) + 1, bytes.length);
      response.writeHead(206, { 'content-range': `bytes ${begin}-${stop - 1}/${bytes.length}` });
      response.end(bytes.subarray(Number(begin), stop));
    }
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  try {
    await work(new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/models/`), asked);
  } finally {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  }
}

test('by a web address the shards are those beside the index, each header one request', () =>
  withServer(new Map<string, Uint8Array | string>([...shards, ['index.json', index]]), async (folder, asked) => {
    const file = await openShardedSafetensors(new URL('index.json?download=true', folder));
    assert.equal([asked[0], asked.length], ['index.json', count + 1]);
    assert.is((await file.readStored('w11')).data[29_999], 11);
    assert.equal([asked.at(-1), asked.length], [shardName(11), count + 2]);
    await file.close();
  }));

test('a name in an index stays a name on the server', () => {
  const name = 'a?b#c%2F..safetensors';
  const files = new Map<string, Uint8Array | string>([
    [name, shards.get(shardName(2))!],
    ['index.json', JSON.stringify({ weight_map: { w2: name } })],
  ]);
  return withServer(files, async (folder, asked) => {
    const file = await openShardedSafetensors(new URL('index.json', folder));
    assert.equal(file.names, ['w2']);
    assert.equal(asked, ['index.json', name]);
  });
});

test('a server without the shard, or with an index that does not end, is refused', async () => {
  await withServer(new Map([['index.json', index]]), async (folder) => {
    await assertRejects(
      () => openShardedSafetensors(new URL('index.json', folder)),
      SaccadeError,
      /shard "model part \d+ of 20.safetensors": .*answered 404/,
    );
  });
  const server = createServer((_, response) => {
    const more = (): void => {
      while (response.write(Buffer.alloc(1_000_000, 0x20)) && !response.destroyed);
      if (!response.destroyed) response.once('drain', more);
    };
    more();
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/index.json`);
  await assertRejects(() => openShardedSafetensors(url), FormatError, /has more than 100000000 bytes/);
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
});

test('an index from a data URL has no folder', async () => {
  const url = new URL(`data:,${encodeURIComponent(index)}`);
  await assertRejects(() => openShardedSafetensors(url), OptionError, /nothing tells where "model part 0 of 20/);
  const file = await openShardedSafetensors(url, { shards });
  assert.is(file.names.length, count);
});

test('an abort ends the opening, and closes what is open', () =>
  inFolder(async (folder) => {
    const path = await writeShards(folder);
    const signal = AbortSignal.abort();
    assert.is((await assertRejects(() => openShardedSafetensors(path, { signal }))).name, 'AbortError');
    assert.is(await openFiles(folder), 0);
  }));

test.run();

/** Writing to the disk tensor by tensor: no half files, no more than one tensor in memory. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { FormatError } from '@saccade/kernels';
import { assertRejects } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { tensor } from '../src/create.js';
import { openSafetensors } from '../src/formats/open-safetensors.js';
import { decodeSafetensors, packSafetensors } from '../src/formats/safetensors-bytes.js';
import type { LazyEntry } from '../src/formats/safetensors-entries.js';
import { encodeSafetensors, saveSafetensors, streamSafetensors } from '../src/formats/save-safetensors.js';
import type { StoredArray } from '../src/formats/stored.js';
import '../src/methods.js';
import { scope } from '../src/scope.js';

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'saccade-save-'));
  try {
    await scope(() => work(folder));
  } finally {
    await rm(folder, { recursive: true });
  }
}

const stored = new Map<string, StoredArray>([
  ['weight', { dtype: 'F16', shape: [2, 2], data: Uint16Array.of(0x3c00, 0x7e01, 1, 0x8000) }],
  ['bias', { dtype: 'F32', shape: [2], data: Float32Array.of(1, 2) }],
  ['ids', { dtype: 'I64', shape: [1], data: BigInt64Array.of(2n ** 40n) }],
]);
const sample = packSafetensors(stored, { metadata: { format: 'pt' } });

test('a file is copied tensor by tensor to the same bytes', () =>
  inFolder(async (folder) => {
    const [from, to] = [join(folder, 'from.safetensors'), join(folder, 'to.safetensors')];
    await writeFile(from, sample);
    const file = await openSafetensors(from);
    await saveSafetensors(to, file.entries(), { metadata: file.metadata });
    assert.equal(new Uint8Array(await readFile(to)), sample);
    await file.close();
  }));

test('one tensor is computed and written back in the type of the file, the others stay as they are', () =>
  inFolder(async (folder) => {
    const path = join(folder, 'out.safetensors');
    const file = await openSafetensors(sample);
    const entries = file.entries();
    const { dtype, shape } = file.info('weight');
    entries.set('weight', { dtype, shape, read: async () => (await file.read('weight')).mul(2) });
    assert.is(entries.size, file.entries().size);
    await saveSafetensors(path, entries, { metadata: file.metadata });
    const { tensors } = decodeSafetensors(await readFile(path));
    assert.equal([...(tensors.get('weight')!.data as Uint16Array)], [0x4000, 0x7e01, 2, 0x8000]);
    assert.equal([...tensors.get('ids')!.data], [2n ** 40n]);
    assert.equal([...tensors.get('bias')!.data], [1, 2]);
  }));

test('a file in memory and one on the disk are the same, and so is what is piped into a file', () =>
  inFolder(async (folder) => {
    const path = join(folder, 'out.safetensors');
    await saveSafetensors(path, stored, { metadata: { format: 'pt' } });
    assert.equal(new Uint8Array(await readFile(path)), sample);
    const chunks: Uint8Array[] = [];
    const sink = new WritableStream<Uint8Array>({ write: (chunk) => void chunks.push(chunk) });
    const { stream, totalBytes } = streamSafetensors(stored, { metadata: { format: 'pt' } });
    await stream.pipeTo(sink);
    assert.is(totalBytes, sample.length);
    assert.equal(new Uint8Array(Buffer.concat(chunks)), sample);
  }));

test('a lie, a fault or an abort leaves the old file and no temporary one', () =>
  inFolder(async (folder) => {
    const path = join(folder, 'out.safetensors');
    await saveSafetensors(path, stored);
    const old = await readFile(path);
    const untouched = async (): Promise<void> => {
      assert.equal(await readdir(folder), ['out.safetensors']);
      assert.ok(old.equals(await readFile(path)));
    };
    const seen: string[][] = [];
    const late = (read: LazyEntry['read']): Map<string, LazyEntry | StoredArray> => {
      const z: LazyEntry = { dtype: 'U8', shape: [1], read };
      return new Map<string, LazyEntry | StoredArray>([...stored, ['z', z]]);
    };
    const lie = async (): Promise<StoredArray> => {
      seen.push(await readdir(folder));
      return stored.get('bias')!;
    };
    await assertRejects(
      () => saveSafetensors(path, late(lie)),
      FormatError,
      /saveSafetensors: tensor "z": expected U8/,
    );
    await untouched();
    // It was there while the tensors were written.
    assert.is(seen[0]?.length, 2);
    const fault = (): never => {
      throw new Error('lost');
    };
    await assertRejects(() => saveSafetensors(path, late(fault)), Error, /^lost$/);
    await untouched();
    const controller = new AbortController();
    const abort = (): StoredArray => {
      controller.abort();
      return { dtype: 'U8', shape: [1], data: Uint8Array.of(1) };
    };
    const aborted = await assertRejects(() => saveSafetensors(path, late(abort), { signal: controller.signal }));
    assert.is(aborted.name, 'AbortError');
    await untouched();
    await assertRejects(() => saveSafetensors(path, late(abort), { signal: controller.signal }));
    await untouched();
  }));

test('of all tensors written one by one only one is in memory at a time', () =>
  inFolder(async (folder) => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const given: WeakRef<ArrayBufferLike>[] = [];
    const alive: number[] = [];
    const entry = (i: number): LazyEntry => ({
      dtype: i % 2 === 0 ? 'F32' : 'F16',
      shape: [1000],
      async read() {
        // Objects behind weak references live to the end of the turn that made or looked at them.
        await new Promise((done) => setTimeout(done));
        collect();
        alive.push(given.filter((data) => data.deref() !== undefined).length);
        const data = Float32Array.from({ length: 1000 }, () => i);
        given.push(new WeakRef(data.buffer));
        return { dtype: 'F32', shape: [1000], data };
      },
    });
    const entries = new Map(Array.from({ length: 10 }, (_, i) => [`${i}`, entry(i)]));
    await saveSafetensors(join(folder, 'out.safetensors'), entries);
    assert.equal(alive, new Array(10).fill(0));
    const reader = streamSafetensors(entries).stream.getReader();
    const take = async (): Promise<boolean> => (await reader.read()).done;
    while (!(await take()));
    assert.equal(alive, new Array(20).fill(0));
  }));

test('float tensors of a device are written in half precision', () =>
  inFolder(async () => {
    const x = tensor([0.1, -1e6, 2 ** -24]);
    const bytes = await encodeSafetensors({ x: { dtype: 'F16', shape: [3], read: () => x as never } });
    assert.equal([...decodeSafetensors(bytes).tensors.get('x')!.data], [0x2e66, 0xfc00, 1]);
    assert.not(x.disposed);
  }));

test.run();

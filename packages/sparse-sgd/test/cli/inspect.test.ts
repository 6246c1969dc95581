/** `sparse-sgd inspect`, on files of all kinds and on what is none. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MLP, SGD } from '@saccade/nn';
import { packSafetensors, Rng } from '@saccade/tensor';
import { newFolder } from '@saccade/testing/new-folder';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { look } from '../../src/cli/inspect.js';
import { DistributedOptimizer } from '../../src/distributed/distributed-optimizer.js';
import { saveDistributed } from '../../src/distributed/save-distributed.js';
import { memSGD } from '../../src/training/mem-sgd.js';
import { localTransports } from '../../src/transport/thread-transport.js';
import { encode } from '../../src/wire/encode.js';
import { sparseSgd } from './command.js';

const data = { labels: [1, -1, 1], values: new Float32Array([1, 0, 0, 1, 0.5, 0.5]), shape: [3, 2] } as const;

/** Asserts that a file is refused with a text, and not with a crash of any kind. */
async function refuses(path: string, message: RegExp): Promise<void> {
  let found: unknown;
  try {
    found = await look(path, 1000);
  } catch (error) {
    assert.is((error as { readonly code?: unknown }).code, 'format', String((error as Error).stack));
    assert.match((error as Error).message, message);
    return;
  }
  assert.unreachable(`expected ${message}, got ${JSON.stringify(found)}`);
}

test("a check point of Mem-SGD has its memory's norm beside the bound of the theory", async () => {
  const to = join(newFolder(), 'run.safetensors');
  const rate = 'decay:8,100';
  const { memory } = await memSGD(data, { rate, epochs: 4, checkpoint: { to } });
  const { kind, facts, lines, arrays } = await look(to, 1000);
  assert.is(kind, 'check point of Mem-SGD');
  assert.equal([facts.compress, facts.step, facts.workers, facts.rows], ['top-k:1', 12, 1, 3]);
  assert.ok(Math.abs((facts.memoryNorm as number) - Math.hypot(...memory)) < 1e-12);
  // eta_t sqrt(4 alpha / (alpha - 4)) d / k with alpha 5, lambda 1 / 3, shift 100.
  const perG = (8 / ((1 / 3) * 112)) * Math.sqrt(20) * 2;
  assert.ok(Math.abs((facts.memoryBound as { perG: number }).perG / perG - 1) < 1e-9);
  assert.match(lines.map((line) => line.join(' ')).join('\n'), /theory at most 1\.917 G on average/);
  assert.equal(arrays!.find(({ name }) => name === 'memory')?.shape, [2]);
  await memSGD(data, { epochs: 1, checkpoint: { to, resume: false } });
  assert.match((await look(to, 1000)).lines.at(-1)![1], /no bound: the shift 2 is below/);
  await memSGD(data, { epochs: 1, memory: false, checkpoint: { to, resume: false } });
  assert.match((await look(to, 1000)).lines.at(-1)![1], 'no bound: there is no memory');
});

test('a check point of a job has the memory of each worker', async () => {
  const to = join(newFolder(), 'job.safetensors');
  const transports = await localTransports(2);
  const optimizers = transports.map((transport) => {
    const model = new MLP([3, 40, 2], { rng: new Rng(1) });
    return new DistributedOptimizer(new SGD(model, { rate: 0.1 }), { transport, compress: 'top-k:1' });
  });
  await Promise.all(
    optimizers.map(async (optimizer, rank) => {
      await optimizer.step(new Map(Array.from(optimizer.parameters, ([name, t]) => [name, t.mul(0).add(rank + 1)])));
      await saveDistributed(rank === 0 ? to : undefined, optimizer);
    }),
  );
  const { facts } = await look(to, 1000);
  assert.equal([facts.turns, facts.feedback], [1, 'memory']);
  const norms = optimizers.map(({ memoryNorm }) => memoryNorm);
  assert.ok(norms[1]! > 1.9 * norms[0]! && norms[0]! > 0);
  const memory = facts.memory as { readonly rank: number; readonly norm: number }[];
  memory.forEach(({ rank, norm }, i) => {
    assert.is(rank, i);
    assert.ok(Math.abs(norm - norms[i]!) < 1e-6);
  });
  await Promise.all(transports.map((transport) => transport.close()));
});

test('a message has its step, its worker, and what it is of', async () => {
  const folder = newFolder();
  const path = join(folder, 'message');
  const indices = Int32Array.of(3, 500);
  const sparse = { kind: 'sparse', length: 1000, indices, values: Float32Array.of(1, 2) } as const;
  const bytes = encode([sparse], { step: 7, rank: 3 });
  writeFileSync(path, bytes);
  const { kind, facts, lines } = await look(path, 1000);
  assert.is(kind, 'message');
  assert.equal([facts.step, facts.rank, facts.bytes, facts.bits], [7, 3, bytes.length, 128]);
  assert.match(lines.at(-1)!.join(' '), /sparse 2 entries of 1000, float32/);
  await refusesLonger(path);
  bytes[5]! ^= 1;
  writeFileSync(path, bytes);
  await refuses(path, /checksum/);
});

async function refusesLonger(path: string): Promise<void> {
  try {
    await look(path, 999);
  } catch (error) {
    assert.match((error as Error).message, /1000 is too long/);
    return;
  }
  assert.unreachable('a message that is too long was read');
}

test('weights have names, types, shapes and norms; the command writes them as text and JSON', async () => {
  const folder = newFolder();
  const path = join(folder, 'w\u001b[2J.safetensors');
  const array = { dtype: 'F32', shape: [2, 2], data: Float32Array.of(3, 4, 0, Number.NaN) } as const;
  writeFileSync(path, packSafetensors(new Map([['a\u001b[31m', array]]), { metadata: { note: 'x\ny' } }));
  const [text, json] = await Promise.all([sparseSgd(['inspect', path]), sparseSgd(['inspect', path, '--json'])]);
  assert.is(text.code, 0, text.stderr);
  // What would move a terminal's cursor or change its colour does not come through.
  assert.match(
    text.stdout,
    /w \[2J\.safetensors: weights\n {2}note {2}x y\n\narray +type +shape +norm\na \[31m +F32 +\[2, 2\] +5\.0000 +1 not finite\n$/,
  );
  const { kind, arrays } = JSON.parse(json.stdout) as { kind: string; arrays: object[] };
  assert.is(kind, 'weights');
  assert.equal(arrays, [{ name: 'a\u001b[31m', dtype: 'F32', shape: [2, 2], norm: 5, nonFinite: 1 }]);
});

test('files of any other kind are refused, however they begin', async () => {
  const folder = newFolder();
  const path = join(folder, 'file');
  const write = (bytes: Uint8Array | string): string => {
    writeFileSync(path, bytes);
    return path;
  };
  await refuses(write(''), /neither safetensors nor a message/);
  await refuses(write('<svg xmlns="http://www.w3.org/2000/svg"></svg>'), /neither safetensors nor a message/);
  await refuses(write(Uint8Array.of(0xd7)), /cannot be a frame/);
  const { kind, facts } = await look(write(packSafetensors(new Map(), {})), 10);
  assert.equal([kind, facts], ['weights', { metadata: {} }]);
  const pack = (metadata: Record<string, string>): string => write(packSafetensors(new Map(), { metadata }));
  const counts = { rows: 1, features: 1, classes: 1, workers: 1 };
  const plan = { ...counts, compress: 'zip', memory: true, rate: { kind: 'decay' }, average: 'final' };
  await refuses(pack({ saccade_sgd: '1' }), /metadata are damaged/);
  await refuses(pack({ saccade_sgd: '1', plan: '[1,2]' }), /plan is damaged/);
  await refuses(pack({ saccade_sgd: '1', plan: JSON.stringify(plan), run: '{}' }), /no evaluation/);
  await refuses(pack({ saccade_distributed: '9' }), /no distributed run of this version/);
  await refuses(pack({ saccade_distributed: '1', run: '{' }), /header is no JSON/);
});

test('a check point with any byte changed is refused or told, never a crash', async () => {
  const folder = newFolder();
  const to = join(folder, 'run.safetensors');
  await memSGD(data, { epochs: 1, evaluations: 1, checkpoint: { to } });
  const bytes = readFileSync(to);
  const rng = new Rng(1);
  let refused = 0;
  for (let i = 0; i < 300; i++) {
    const damaged = Uint8Array.from(bytes);
    damaged[Math.floor(rng.number() * damaged.length)] = Math.floor(256 * rng.number());
    const path = join(folder, 'damaged');
    writeFileSync(path, damaged);
    try {
      await look(path, 1000);
    } catch (error) {
      refused += 1;
      assert.is((error as { code: string }).code, 'format', String((error as Error).stack));
    }
  }
  assert.ok(refused > 30, `${refused}`);
});

test.run();

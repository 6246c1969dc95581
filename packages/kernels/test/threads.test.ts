/** Threads: every item once, scratch of their own, memory that grows, a process that ends. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { createWasmDevice, DeviceError } from '@saccade/kernels';
import { assertRejects } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { WasmBuffer } from '../src/wasm/buffer.js';
import { WasmRuntime } from '../src/wasm/runtime.js';

/** A runtime that shares even the smallest job. */
function newRuntime(threads: number): WasmRuntime {
  return new WasmRuntime('simd128', threads, 0);
}

/** Buffers of a job that adds 1 to each of `count` numbers, an item each: an item done twice or never shows. */
function counters(runtime: WasmRuntime, count: number) {
  const [total, one, index] = [
    runtime.allocate('float32', count),
    runtime.allocate('float32', count),
    runtime.allocate('int32', 1),
  ];
  runtime.view(total).fill(0);
  runtime.view(one).fill(1);
  runtime.view(index).fill(0);
  const args = [total.address, index.address, one.address, 1, 1, 1];
  return { total, addOne: () => runtime.parallel('scatterAddF32', args, count, 1) };
}

function assertAll(runtime: WasmRuntime, total: WasmBuffer, expected: number, label: string): void {
  const values = runtime.view(total);
  const at = values.findIndex((value) => value !== expected);
  assert.is(at, -1, `${label}: item ${at} was done ${values[at]} times, not ${expected}`);
}

for (const threads of [2, 3, 4]) {
  test(`${threads} threads do every item exactly once, 2000 jobs in a row`, async () => {
    const runtime = newRuntime(threads);
    await runtime.pool?.ready();
    for (const count of [1, 2, 7, 64, 1000]) {
      const { total, addOne } = counters(runtime, count);
      const jobs = count === 64 ? 2000 : 50;
      for (let job = 0; job < jobs; job++) addOne();
      assertAll(runtime, total, jobs, `${count} items`);
    }
    runtime.pool?.dispose();
  });
}

test('jobs are right before, while and after the workers start', async () => {
  const runtime = newRuntime(4);
  const { total, addOne } = counters(runtime, 500);
  let jobs = 0;
  let started = false;
  for (; jobs < 100; jobs++) addOne(); // the first job starts the workers; none can be ready yet
  const ready = runtime.pool?.ready().then(() => {
    started = true;
  });
  while (!started) {
    for (let i = 0; i < 50; i++, jobs++) addOne();
    await new Promise(setImmediate);
  }
  await ready;
  for (let i = 0; i < 500; i++, jobs++) addOne();
  assertAll(runtime, total, jobs, '500 items');
  runtime.pool?.dispose();
});

test('workers see memory that grew after they started, also beyond the first copy', async () => {
  const runtime = newRuntime(3);
  await runtime.pool?.ready();
  for (let megabytes = 1; megabytes <= 32; megabytes *= 2) {
    const bytes = megabytes * 2 ** 20;
    const [x, out] = [runtime.allocate('uint8', bytes), runtime.allocate('uint8', bytes)];
    runtime.view(x).fill(megabytes);
    // copyBytes uses memory.copy, which checks bounds where single loads and stores do not.
    runtime.parallel('copyBytes', [x.address, out.address, bytes], bytes / 16384, 1);
    assert.ok(runtime.view(out).every((byte) => byte === megabytes));
  }
  runtime.pool?.dispose();
});

test('each thread has scratch of its own', async () => {
  const runtime = newRuntime(4);
  await runtime.pool?.ready();
  const [rows, size] = [400, 90];
  const x = runtime.allocate('float32', rows * size);
  const [values, indices] = [runtime.allocate('float32', rows * size), runtime.allocate('int32', rows * size)];
  runtime.view(x).forEach((_, i, view) => {
    view[i] = (i * 7919) % 1009;
  });
  const args = [x.address, values.address, indices.address, size, size, 0];
  for (let round = 0; round < 20; round++) {
    runtime.parallel('sortF32', args, rows, 1, 16 * (size + 2) + 8192);
    const sorted = runtime.view(values);
    for (let i = 1; i < sorted.length; i++) {
      assert.ok(i % size === 0 || (sorted[i - 1] as number) <= (sorted[i] as number));
    }
  }
  assert.is(runtime.heap.blocks, 3);
  runtime.pool?.dispose();
});

test('a disposed pool starts no threads again, and the calling thread does the work', async () => {
  const runtime = newRuntime(3);
  const { total, addOne } = counters(runtime, 100);
  await runtime.pool?.ready();
  addOne();
  runtime.pool?.dispose();
  runtime.pool?.dispose();
  addOne();
  assertAll(runtime, total, 2, '100 items');
  await assertRejects(async () => runtime.pool?.ready(), DeviceError, /disposed/);
});

test('disposing while the workers start ends the wait for them', async () => {
  const device = createWasmDevice({ threads: 4 });
  const ready = device.ready();
  device.dispose();
  await assertRejects(() => ready, DeviceError, /ended before it ran/);
});

const run = promisify(execFile);

/** Runs a script in a process of its own; rejects if it does not end by itself within 20 s. */
async function script(code: string): Promise<string> {
  const args = [...process.execArgv, '--input-type=module', '-e', `import * as k from '@saccade/kernels';\n${code}`];
  const { stdout } = await run(process.execPath, args, { timeout: 20_000 });
  return stdout.trim();
}

test('a process ends by itself, without dispose, whether its threads run, start or never started', async () => {
  const job = `
    const x = device.allocate('float32', 1e6), out = device.allocate('float32', 1e6);
    device.write(x, new Float32Array(1e6).fill(2));
    device.kernels.copy(x, out, { shape: [1e6], xStrides: [1], xOffset: 0, outStrides: [1], outOffset: 0 });
    console.log(String(device.readSync(out)[999999]));`;
  const scripts = [
    `const device = await k.init({ device: 'wasm', threads: 3 }); ${job}`,
    `const device = k.createWasmDevice({ threads: 3, shareFrom: 0 }); ${job}`,
    `const device = k.createWasmDevice({ threads: 3, shareFrom: 1e12 }); ${job}`,
    `const device = await k.init({ device: 'wasm', threads: 3 }); ${job} device.dispose();`,
  ];
  assert.equal(await Promise.all(scripts.map(script)), ['2', '2', '2', '2']);
});

test.run();

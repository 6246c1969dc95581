/** Thousands of training steps leave as many buffers on the device as a few, on the GPU as well. */
import { init, memory, Rng, scope } from '@saccade/tensor';
import { onTestDevice, testDevice } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { MLP, meanSquaredError, SGD } from '../src/index.js';

onTestDevice(test, init);

interface Method {
  [name: string]: (this: object, ...args: unknown[]) => unknown;
}

/** Counts what the page makes and destroys on its GPU from now on; stays at 0 on the CPU. */
function countObjects(): { live: number } {
  const count = { live: 0 };
  const host = globalThis as unknown as Record<string, { prototype: Method } | undefined>;
  const spy = (owner: string, name: string, change: number): void => {
    const prototype = host[owner]?.prototype;
    const original = prototype?.[name];
    if (!prototype || !original) return;
    prototype[name] = function (...args) {
      count.live += change;
      return original.apply(this, args);
    };
  };
  if (testDevice === 'webgpu') {
    spy('GPUDevice', 'createBuffer', 1);
    spy('GPUBuffer', 'destroy', -1);
  } else if (testDevice === 'webgl2') {
    spy('WebGL2RenderingContext', 'createTexture', 1);
    spy('WebGL2RenderingContext', 'deleteTexture', -1);
    spy('WebGL2RenderingContext', 'createBuffer', 1);
    spy('WebGL2RenderingContext', 'deleteBuffer', -1);
  }
  return count;
}

test('thousands of steps leave the numbers of tensors, bytes and GPU objects as they were', async () => {
  const rng = new Rng(1);
  const x = rng.normal([16, 8]);
  const y = scope(() => x.at(':', ':1').square());
  const model = new MLP([8, 16, 1], { rng });
  const optimizer = new SGD(model, { rate: 1e-2, momentum: 0.9 });
  const losses: number[] = [];
  const steps = async (count: number): Promise<void> => {
    for (let step = 1; step <= count; step++) {
      await scope(async () => {
        const loss = optimizer.minimize(() => meanSquaredError(model.forward(x), y));
        if (step % 100 === 0) losses.push((await loss.data())[0] as number);
      });
    }
  };
  const objects = countObjects();
  await steps(200);
  const before = { ...memory(), live: objects.live };
  // WebGL2 played by software is ten times slower.
  await steps(testDevice === 'webgl2' ? 500 : 5000);
  assert.equal({ ...memory(), live: objects.live }, before);
  for (const made of [x, y, model, optimizer]) made.dispose();
  if (testDevice !== 'wasm') assert.ok(before.live > 0);
  assert.ok((losses.at(-1) as number) < (losses[0] as number) / 10);
});

test.run();

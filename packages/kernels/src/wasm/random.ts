/** Random kernels of the `wasm` device. */
import type { Distribution, RandomKernels } from '../table/random.js';
import type { WasmBuffer } from './buffer.js';
import type { WasmRuntime } from './runtime.js';

/** Numbers that one item makes, as in assembly/random.ts. */
const GROUP = 1024;

/** Numbers of the distributions in assembly/random.ts, and their cost a number. */
const distributions: Readonly<Record<Distribution, readonly [number, number]>> = {
  bits: [0, 4],
  uniform: [1, 5],
  normal: [2, 20],
  gumbel: [3, 30],
  bernoulli: [4, 6],
  integer: [5, 6],
};

/** The family over one runtime. */
export function randomKernels(runtime: WasmRuntime): RandomKernels<WasmBuffer> {
  return {
    random(distribution, out, { key0, key1, block }, a, b) {
      const [code, cost] = distributions[distribution];
      const words = [key0, key1, block % 2 ** 32, Math.floor(block / 2 ** 32)];
      // u < a for u = n 2^-24 is n < ceil(a 2^24); NaN gives 0.
      const threshold = Math.min(Math.max(Math.ceil(a * 2 ** 24), 0), 2 ** 24) || 0;
      const args = [code, out.address, out.length, ...words, a, b, threshold];
      const scratch = distribution === 'bernoulli' ? GROUP * 4 : 0;
      runtime.parallel('random', args, Math.ceil(out.length / GROUP), GROUP * cost, scratch);
    },
  };
}

/** Random kernels of the `wasm` device. */
import type { Distribution, PhiloxState, RandomKernels } from '../table/random.js';
import type { WasmBuffer, WasmRuntime } from './runtime.js';

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
  /** `length` numbers at an address: float32, or what else the distribution gives. */
  function draw(
    distribution: Distribution,
    at: number,
    length: number,
    { key0, key1, block }: PhiloxState,
    a: number,
    b: number,
  ): void {
    const [code, cost] = distributions[distribution];
    const words = [key0, key1, block % 2 ** 32, Math.floor(block / 2 ** 32)];
    // u < a for u = n 2^-24 is n < ceil(a 2^24); NaN gives 0.
    const threshold = Math.min(Math.max(Math.ceil(a * 2 ** 24), 0), 2 ** 24) || 0;
    const args = [code, at, length, ...words, a, b, threshold];
    const scratch = distribution === 'bernoulli' ? GROUP * 4 : 0;
    runtime.parallel('random', args, Math.ceil(length / GROUP), GROUP * cost, scratch);
  }

  return {
    random(distribution, out, state, a, b) {
      const { address, length } = out;
      if (out.dtype !== 'float64') return draw(distribution, address, length, state, a, b);
      runtime.withBlock(4 * length, (singles) => {
        draw(distribution, singles, length, state, a, b);
        runtime.view(out).set(new Float32Array(runtime.memory.buffer, singles, length));
      });
    },
  };
}

/** Random numbers on the GPU: the distributions that float32 makes exactly. The others are defined in float64. */
import type { PhiloxState, RandomKernels } from '../table/random.js';
import { EXACT, type GpuBuffer } from './buffer.js';
import type { GpuKernels, Plan } from './plan.js';

/** The generator's state in numbers that float32 holds. */
function stateNumbers({ key0, key1, block }: PhiloxState): Record<string, number> {
  const [low, high] = [block % 2 ** 32, Math.floor(block / 2 ** 32)];
  return {
    block0: low % 65536,
    block1: Math.floor(low / 65536),
    block2: high,
    key0: key0 & 0xffff,
    key1: key0 >>> 16,
    key2: key1 & 0xffff,
    key3: key1 >>> 16,
  };
}

/**
 * Plans out from blocks of four words.
 * @param words the call of the generator, without its state
 * @param element what becomes of `w`
 */
function draw(
  plan: Plan,
  name: string,
  words: (state: string) => string,
  element: string,
  out: GpuBuffer,
  state: PhiloxState,
  numbers: Record<string, number>,
): void {
  const all = { ...stateNumbers(state), ...numbers };
  const wide = out.length % 4 === 0;
  const call = words(`${wide ? '#x' : 'quotient(#x, 4)'}, ${Object.keys(stateNumbers(state)).join(', ')}`);
  const lane = (at: string): string => element.replace(/\bw\b/, `w[${at}]`);
  plan.run({
    name: `${name} ${wide}`,
    body: wide
      ? `const w = ${call}; return [${['0', '1', '2', '3'].map(lane).join(', ')}];`
      : `const w = ${call}; return ${lane('remainder(#x, 4)')};`,
    inputs: {},
    numbers: all,
    grid: [wide ? out.length / 4 : out.length],
    width: wide ? 4 : 1,
    out,
  });
}

export const random: GpuKernels<RandomKernels<GpuBuffer>> = {
  random(plan, distribution, out, state, a, b) {
    const upper = (words: string): string => `philoxUpper(${words})`;
    if (distribution === 'uniform') {
      const low = Math.fround(a);
      const span = Math.fround(Math.fround(b) - low);
      // A product on its way through whole numbers is rounded before the sum; else the two may be one step.
      const element = 'low + fromBits(bitsOf(w * step) + int(zero))';
      draw(plan, 'uniform', upper, element, out, state, { low, step: span * 2 ** -24, zero: 0 });
      return;
    }
    if (distribution === 'bernoulli') {
      // u < a for u = w 2^-24 and float64 a.
      const bound = Math.min(Math.max(Math.ceil(a * 2 ** 24), 0), 2 ** 24) || 0;
      draw(plan, 'bernoulli', upper, 'w < bound ? 1.0 : 0.0', out, state, { bound });
      return;
    }
    if (distribution === 'integer' && b - a <= EXACT && Math.abs(a) <= EXACT && Math.abs(b) <= EXACT) {
      const below = (words: string): string => `philoxBelow(${words}, range)`;
      draw(plan, 'integer', below, 'low + w', out, state, { low: a, range: b - a });
      return;
    }
    return false;
  },
};

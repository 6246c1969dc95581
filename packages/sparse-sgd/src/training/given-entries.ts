/** The entries that steps send at random, drawn for many steps at once, as their compressors draw them step by step. */
import type { Rng } from '@saccade/tensor';
import { positionsFrom } from '../compress/random-positions.js';
import { drawUniforms } from '../compress/uniforms.js';
import type { FastPlan } from './fast-plan.js';

/** int32 [count, k]; -1 where ultra-sparsification sends nothing. */
export function givenEntries(rng: Rng, length: number, { k, chance }: FastPlan, count: number): Int32Array {
  // Each step draws two uniforms an entry (ultra three), and a generator begins each list with a block of four.
  const stride = 4 * Math.ceil((chance === undefined ? 2 * k : 3) / 4);
  const uniforms = drawUniforms('memSGD', rng, stride * count);
  const entries = new Int32Array(count * k);
  for (let step = 0; step < count; step++) {
    const own = uniforms.subarray(step * stride, (step + 1) * stride);
    // As `ultraSparse` does with its three.
    if (chance !== undefined)
      entries[step] = own[0]! < chance ? Math.floor((own[1]! + own[2]! * 2 ** -24) * length) : -1;
    else entries.set(positionsFrom(own, length, k), step * k);
  }
  return entries;
}

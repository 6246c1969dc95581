/** Whole numbers in random order. */
import type { Rng } from '@saccade/tensor';

/** 0 to n - 1 in an order that depends on the stream alone, not on the device: int32 [n]. */
export function shuffled(n: number, rng: Rng): Int32Array {
  const order = Int32Array.from({ length: n }, (_, i) => i);
  // Fisher and Yates.
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(rng.number() * (i + 1));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}

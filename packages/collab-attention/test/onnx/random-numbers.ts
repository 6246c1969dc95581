/** Numbers for test models: the same for the same seed. */
import { Rng } from '@saccade/tensor';

/** Uniform in [-1, 1). */
export function uniform(rng: Rng, count: number, factor = 1): number[] {
  return Array.from({ length: count }, () => factor * (2 * rng.number() - 1));
}

export { Rng };

/** How the mixing of heads starts. */
import { type Rng, type Tensor, tensor } from '@saccade/tensor';

/**
 * `normal` (default, the release's "UNIFORM"): N(0, 0.2). `concatenate`: each head has ceil(dims / heads) dimensions of its own, as ordinary heads do. `ones`: all
 * heads use all alike. `uniform`: as a linear map, within 1 / sqrt(dims) (the DeiT fork). `xavier`: as the translation fork. `standard-normal`: N(0, 1).
 */
export type MixingStart = 'normal' | 'concatenate' | 'ones' | 'uniform' | 'xavier' | 'standard-normal';

/** The names of the starts. */
export const mixingStarts: readonly MixingStart[] = [
  'normal',
  'concatenate',
  'ones',
  'uniform',
  'xavier',
  'standard-normal',
];

/** The release's deviation. */
const DEVIATION = 0.2;

/** The matrix at the start: [heads, dims]. */
export function mixingStart(start: MixingStart, heads: number, dims: number, rng: Rng): Tensor {
  const shape = [heads, dims];
  const uniform = (bound: number): Tensor => rng.uniform(shape, { low: -bound, high: bound });
  switch (start) {
    case 'concatenate':
      return tensor(concatenated(heads, dims), { shape });
    case 'ones':
      return tensor(new Float32Array(heads * dims).fill(1), { shape });
    case 'uniform':
      return uniform(1 / Math.sqrt(dims));
    case 'xavier':
      return uniform(Math.sqrt(6 / (heads + dims)));
    case 'standard-normal':
      return rng.normal(shape);
    default:
      return rng.normal(shape, { deviation: DEVIATION });
  }
}

/** Row i has ones from i ceil(dims / heads) on; the last heads get fewer dimensions, or none. */
function concatenated(heads: number, dims: number): Float32Array {
  const own = Math.ceil(dims / heads);
  return Float32Array.from({ length: heads * dims }, (_, i) =>
    Number(Math.floor((i % dims) / own) === Math.floor(i / dims)),
  );
}

/** Heads that get no dimension with `concatenate`: they attend to all alike until they are trained. */
export function emptyHeads(heads: number, dims: number): number[] {
  const used = Math.ceil(dims / Math.ceil(dims / heads));
  return Array.from({ length: heads - used }, (_, i) => used + i);
}

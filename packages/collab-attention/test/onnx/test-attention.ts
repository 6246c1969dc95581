/** One small attention that several tests change a little. */
import type { Rng } from '@saccade/tensor';
import type { AttentionForm, AttentionWeights } from './attention-model.js';
import { uniform } from './random-numbers.js';

export const plainForm: AttentionForm = { opset: 14, projection: 'matmul', packed: 'no', shape: 'computed', scale: 'divided', mask: 'none', turn: 'one', flat: false }; // biome-ignore format: a form

/** Three heads of four dimensions, twelve channels, with biases. */
export function smallAttention(rng: Rng, width = 12): AttentionWeights {
  const [heads, dims] = [3, 4];
  const columns = heads * dims;
  const [query, key, value] = [0, 1, 2].map(() => uniform(rng, columns * width)) as [number[], number[], number[]];
  const [queryBias, keyBias, valueBias] = [0, 1, 2].map(() => uniform(rng, columns)) as [number[], number[], number[]];
  return { width, keyWidth: width, heads, dims, query, key, value, queryBias, keyBias, valueBias };
}

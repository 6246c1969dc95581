/** Random attention, and attention that is given row by row. */
import { Rng, softmax, type Tensor, tensor } from '@saccade/tensor';

/** [heads, tokens, tokens] for each layer. @param scale of the scores */
export function randomAttention(layers: number, heads: number, tokens: number, seed: number, scale = 2): Tensor[] {
  const rng = new Rng(seed);
  return Array.from({ length: layers }, () => softmax(rng.normal([heads, tokens, tokens]).mul(scale)));
}

/** One head. */
export function oneHead(rows: readonly (readonly number[])[]): Tensor {
  return tensor([rows.map((row) => [...row])]);
}

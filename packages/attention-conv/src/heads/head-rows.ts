/** Which part of a layer's tensors is whose head's. */
import { OptionError, quote, reshape, type Tensor } from '@saccade/tensor';

/** The axis along which a tensor has its heads, in equal blocks; undefined for what all heads share. */
export function headAxis(name: string): 0 | 1 | undefined {
  if (name === 'value.weight') return 1;
  return /^(attention_|head_keys_|query\.|key\.|projection$)/.test(name) ? 0 : undefined;
}

/** A tensor with an axis for its heads alone: [..., heads, block, ...]. */
export function withHeads(t: Tensor, axis: number, heads: number): Tensor {
  const block = (t.shape[axis] as number) / Math.max(1, heads);
  return reshape(t, [...t.shape.slice(0, axis), heads, block, ...t.shape.slice(axis + 1)]);
}

/** The numbers of heads in order, each once. @throws {OptionError} unless they are whole numbers in [0, count) */
export function requireHeads(op: string, heads: readonly number[], count: number): number[] {
  const fits = Array.isArray(heads) && heads.every((head) => Number.isSafeInteger(head) && head >= 0 && head < count);
  if (fits) return [...new Set(heads)].sort((a, b) => a - b);
  throw new OptionError(
    `${op}: heads must be a list of numbers among the layer's ${count}, from 0, got ${quote(heads)}`,
  );
}

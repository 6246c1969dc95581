/** Why an attention of a graph stays as it is. */

/** @internal Thrown while an attention is matched, and told in the report. */
export class Unmatched extends Error {}

/** Operations that are an attention by themselves. */
// biome-ignore format: a list
export const fusedAttentions: ReadonlySet<string> = new Set(['Attention', 'com.microsoft.Attention', 'com.microsoft.MultiHeadAttention', 'com.microsoft.GroupQueryAttention', 'com.microsoft.QAttention',
  'com.microsoft.PackedAttention', 'com.microsoft.PackedMultiHeadAttention', 'com.microsoft.DecoderAttention', 'com.microsoft.DecoderMaskedMultiHeadAttention', 'com.microsoft.DecoderMaskedSelfAttention',
  'com.microsoft.LongformerAttention', 'com.microsoft.SparseAttention', 'com.microsoft.RelativePositionBias', 'com.microsoft.BeamSearch', 'com.microsoft.GreedySearch']);

/** Whether an operation is one on quantised numbers, or from them. */
export function isQuantised(op: string): boolean {
  return /[Qq]uantize|QLinear|Integer(ToFloat)?$|NBits$|Bnb4$|\bQ(Gemm|Attention|MoE)$/.test(op);
}

/** Why a branch of queries or keys cannot go through an operation. @param what 'queries' or 'keys' */
export function obstacle(op: string, what: string): string {
  if (isQuantised(op)) return `its ${what} are quantised (${op})`;
  if (op === 'Concat') return `its ${what} are joined with others, such as those of a cache (Concat)`;
  if (op === 'Add' || op === 'Sub' || op === 'com.microsoft.RotaryEmbedding' || op === 'RotaryEmbedding') {
    return `its ${what} depend on positions, as rotary ones do (${op} of computed values)`;
  }
  if (op === 'Mul' || op === 'Div')
    return `its ${what} are multiplied by computed values, such as rotations or norms (${op})`;
  if (/Normalization$|^Reduce|^Lp/.test(op)) return `its ${what} are normalised (${op})`;
  if (op === 'Expand' || op === 'Tile') return `its ${what} are repeated (${op}), as where several heads share keys`;
  return `its ${what} go through ${op}`;
}

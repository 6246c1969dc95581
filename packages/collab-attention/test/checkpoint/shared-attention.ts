/** Attention of a converted checkpoint from its tensors alone, as its metadata name them. */
import { type Matrix, matrix, matrixProduct, type SafetensorsFile } from '@saccade/tensor';
import { readLinear } from '../../src/checkpoint/layer-weights.js';
import { contextOf, mapped, sharedScores, softmaxRows } from '../../src/checkpoint/plain-attention.js';
import type { SharedLayer } from '../../src/checkpoint/shared-block.js';

/** A sequence, and what is added to the scores of its keys. */
export interface Sequence {
  /** [length, width]. */
  readonly states: Matrix;
  readonly mask?: ArrayLike<number> | undefined;
  readonly causal: boolean;
}

/** A stored tensor [out, in]. */
async function stored(file: SafetensorsFile, name: string): Promise<Matrix> {
  return (await readLinear('test', file, { name, layout: 'out-in' })).weight;
}

/** [R, width], [heads, R], [R, width]. */
export async function sharedFactors(
  file: SafetensorsFile,
  { names }: SharedLayer,
): Promise<{ readonly query: Matrix; readonly mixing: Matrix; readonly key: Matrix }> {
  return {
    query: await stored(file, names.query),
    mixing: await stored(file, names.mixing),
    key: await stored(file, names.key),
  };
}

/** What the heads read. @param value names of the values' map, where the conversion left them alone */
export async function sharedContext(
  file: SafetensorsFile,
  layer: SharedLayer,
  value: { readonly name: string; readonly bias?: string | undefined },
  { states, mask, causal }: Sequence,
): Promise<Matrix> {
  const { names, scale, keyHeads } = layer;
  const contentBias = names.contentBias === undefined ? undefined : await stored(file, names.contentBias);
  const scores = sharedScores({ ...(await sharedFactors(file, layer)), contentBias, scale }, states, states);
  for (const own of scores) softmaxRows(own, causal, mask);
  const own = names.value === undefined ? value : { name: names.value, bias: names.valueBias };
  const values = mapped(await readLinear('test', file, { ...own, layout: 'out-in' }), states);
  return contextOf(scores, values, keyHeads);
}

/** |T - A diag(M_h) B| / |T| with all tensors built, T_h = W_Qh^T W_Kh. */
export function denseError(
  query: Matrix,
  key: Matrix,
  heads: number,
  factors: { readonly query: Matrix; readonly mixing: Matrix; readonly key: Matrix },
): number {
  const dims = query.rows / heads;
  let [apart, whole] = [0, 0];
  for (let head = 0; head < heads; head++) {
    const rows = (a: Matrix): Matrix =>
      matrix(dims, a.columns, a.data.subarray(head * dims * a.columns, (head + 1) * dims * a.columns));
    const expected = matrixProduct(rows(query), rows(key), { transposeA: true });
    const mixed = matrix(
      factors.query.rows,
      factors.query.columns,
      factors.query.data.map(
        (value, i) =>
          value * factors.mixing.data[head * factors.mixing.columns + Math.floor(i / factors.query.columns)]!,
      ),
    );
    const got = matrixProduct(mixed, factors.key, { transposeA: true });
    for (let i = 0; i < got.data.length; i++) {
      apart += (got.data[i]! - expected.data[i]!) ** 2;
      whole += expected.data[i]! ** 2;
    }
  }
  return Math.sqrt(apart / whole);
}

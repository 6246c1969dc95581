/** Attention over a group and its gradients in plain float64: what the WebAssembly is compared with, and what runs where there is none. */
import type { TypedArray } from '@saccade/kernels';
import type { GroupAttentionSizes } from '../table.js';
import { rowsOf } from './rows.js';

/** See the table. */
export function groupAttention(
  query: TypedArray,
  key: TypedArray,
  value: TypedArray,
  row: TypedArray,
  column: TypedArray,
  group: TypedArray | undefined,
  plan: TypedArray,
  window: TypedArray | undefined,
  orbit: TypedArray | undefined,
  out: TypedArray,
  sizes: GroupAttentionSizes,
): void {
  const mid = 2 * sizes.dims + sizes.groupDims;
  const sums = new Float64Array(out.length);
  for (const { out: to, seen } of rowsOf({ query, key, value, row, column, group, plan, window, orbit }, sizes)) {
    for (const { key: from, weight, kept } of seen) {
      for (let c = 0; c < mid; c++) sums[to + c]! += weight * kept * Number(value[from + c]);
    }
  }
  out.set(sums);
}

/** See the table. */
export function groupAttentionGrad(
  query: TypedArray,
  key: TypedArray,
  value: TypedArray,
  row: TypedArray,
  column: TypedArray,
  group: TypedArray | undefined,
  plan: TypedArray,
  window: TypedArray | undefined,
  orbit: TypedArray | undefined,
  dout: TypedArray,
  dquery: TypedArray,
  dkey: TypedArray,
  dvalue: TypedArray,
  drow: TypedArray,
  dcolumn: TypedArray,
  dgroup: TypedArray | undefined,
  sizes: GroupAttentionSizes,
): void {
  const { dims, groupDims, scale } = sizes;
  const mid = 2 * dims + groupDims;
  const outs = [dquery, dkey, dvalue, drow, dcolumn, ...(dgroup ? [dgroup] : [])];
  const [dq, dk, dv, dr, dc, dg] = outs.map((t) => new Float64Array(t.length)) as Float64Array[];
  const inputs = { query, key, value, row, column, group, plan, window, orbit };
  for (const { query: at, out, seen } of rowsOf(inputs, sizes)) {
    const slopes = seen.map(({ key: from, kept }) => {
      let dot = 0;
      for (let c = 0; c < mid; c++) dot += Number(dout[out + c]) * Number(value[from + c]);
      return kept * dot;
    });
    const mean = seen.reduce((sum, { weight }, i) => sum + weight * slopes[i]!, 0);
    for (const [i, { key: from, weight, kept, row: r, column: s, entry }] of seen.entries()) {
      const slope = scale * weight * (slopes[i]! - mean);
      for (let c = 0; c < mid; c++) {
        dv![from + c]! += weight * kept * Number(dout[out + c]);
        dk![from + c]! += slope * Number(query[at + c]);
        dq![at + c]! += slope * Number(key[from + c]);
      }
      // Table, its gradient, its row, its channels, and where they begin in the query's.
      const tables = [[row, dr, r, dims, 0], [column, dc, s, dims, dims], [group, dg, entry, groupDims, 2 * dims]] as const; // biome-ignore format: pairs
      for (const [table, gradient, index, count, first] of tables) {
        for (let c = 0; c < count; c++) {
          gradient![index * count + c]! += slope * Number(query[at + first + c]);
          dq![at + first + c]! += slope * Number(table![index * count + c]);
        }
      }
    }
  }
  for (const [i, sums] of [dq, dk, dv, dr, dc, dg].entries()) if (sums !== undefined) outs[i]!.set(sums);
}

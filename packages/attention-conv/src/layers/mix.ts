/** How attention weights that depend on positions alone mix the pixels. */
import {
  add,
  checkpoint,
  concat,
  expandDims,
  gather,
  logSumExp,
  matmul,
  mul,
  reshape,
  sigmoid,
  softmax,
  sub,
  type Tensor,
  transpose,
} from '@saccade/tensor';
import { type Axis, jointPlaces, keysOf, offsetPlaces, queriesOf, total } from './grid.js';

/** Scores of all heads: for each axis by its offset [heads, offsets], to be added up, or for all axes together [heads, offsets of all]. */
export type Scores =
  | { readonly kind: 'separable'; readonly tables: readonly Tensor[] }
  | { readonly kind: 'joint'; readonly table: Tensor };

/** What is mixed. */
export interface Mixture {
  readonly scores: Scores;
  readonly axes: readonly Axis[];
  /** Logits [heads] of a further key whose value is zero. */
  readonly sink: Tensor | undefined;
}

/** Weights and scores of an axis: [heads, queries, keys]. */
function alongAxis(table: Tensor, axis: Axis): Tensor {
  return gather(table, offsetPlaces(axis, table.device), { axis: 1 });
}

/** Mixes axis i of the grid: x [batch, heads or 1, ..., keys, ..., channels] -> [batch, heads, ..., queries, ..., channels]. */
function mixAxis(x: Tensor, i: number, table: Tensor, axis: Axis): Tensor {
  const weights = softmax(alongAxis(table, axis));
  const [heads, queries, keys] = weights.shape as [number, number, number];
  const [batch, own] = x.shape as [number, number];
  const [before, behind] = [x.shape.slice(2, 2 + i), x.shape.slice(3 + i)];
  const flat = reshape(x, [batch, own, product(before), keys, product(behind)]);
  return reshape(matmul(expandDims(weights, 1), flat), [batch, heads, ...before, queries, ...behind]);
}

/**
 * Mixes `source` [batch, heads or 1, ...keys, channels] to [batch, heads, ...queries, channels], axis by axis, since
 * e^(a + b) = e^a e^b: the softmax over a rectangle is the product of those along its sides. No queries x keys matrix exists.
 */
export function mixSeparable(source: Tensor, tables: readonly Tensor[], axes: readonly Axis[]): Tensor {
  return tables.reduce<Tensor>((x, table, i) => mixAxis(x, i, table, axes[i] as Axis), source);
}

/**
 * The sum of all heads' mixtures of `source` [batch, heads, ...keys, channels]: [batch, ...queries, channels]. The last product
 * sums over heads and keys at once.
 */
export function sumSeparable(source: Tensor, tables: readonly Tensor[], axes: readonly Axis[]): Tensor {
  const mixed = tables.slice(1).reduce<Tensor>((x, table, i) => mixAxis(x, i + 1, table, axes[i + 1] as Axis), source);
  const [batch, heads, keys] = mixed.shape as [number, number, number];
  const weights = softmax(alongAxis(tables[0] as Tensor, axes[0] as Axis));
  const queries = weights.shape[1] as number;
  const side = reshape(transpose(weights, [1, 0, 2]), [queries, heads * keys]);
  const behind = mixed.shape.slice(3);
  const out = matmul(side, reshape(mixed, [batch, heads * keys, product(behind)]));
  return reshape(out, [batch, queries, ...behind]);
}

/** What a sink leaves of weights whose scores have this logSumExp [heads, ...]: Z / (Z + e^sink). */
function besideSink(logZ: Tensor, sink: Tensor): Tensor {
  return sigmoid(sub(logZ, reshape(sink, [sink.size, ...logZ.shape.slice(1).map(() => 1)])));
}

/** What it leaves to each query [heads, ...queries], where scores are sums over axes. */
function shareBesideSink(tables: readonly Tensor[], axes: readonly Axis[], sink: Tensor): Tensor {
  const logZ = tables.map((table, i) => logSumExp(alongAxis(table, axes[i] as Axis), { axis: -1 }));
  return besideSink(outerSum(logZ), sink);
}

/** Values in the scores of one tile of queries, 16 MB: enough to keep the products long, and no matter how large the image is. */
const TILE = 2 ** 22;

/** As `mixSeparable`, for scores that do not factorise: tile by tile of queries, so that no queries x keys matrix exists. */
function mixTiles(source: Tensor, table: Tensor, axes: readonly Axis[], sink: Tensor | undefined): Tensor {
  const [batch, own] = source.shape as [number, number];
  const heads = table.shape[0] as number;
  const channels = source.shape.at(-1) as number;
  const [queries, keys] = [total(axes, queriesOf), total(axes, keysOf)];
  const flat = reshape(source, [batch, own, keys, channels]);
  const tile = Math.max(1, Math.floor(TILE / (heads * keys)));
  const part = (from: number) => (values: Tensor, offsets: Tensor) =>
    matmul(weightsOf(offsets, axes, from, Math.min(queries, from + tile), sink), values);
  const parts: Tensor[] = [];
  for (let from = 0; from < queries; from += tile) {
    // The backward pass computes the weights of a tile again instead of keeping those of all.
    parts.push((tile < queries ? checkpoint(part(from)) : part(from))(flat, table));
  }
  const out = parts.length === 1 ? (parts[0] as Tensor) : concat(parts, 2);
  return reshape(out, [batch, heads, ...axes.map(queriesOf), channels]);
}

/** Weights of the queries [from, to), row by row of the grid, from the table of all offsets: [heads, to - from, keys]. */
export function weightsOf(
  table: Tensor,
  axes: readonly Axis[],
  from: number,
  to: number,
  sink: Tensor | undefined,
): Tensor {
  const scores = gather(table, jointPlaces(axes, from, to, table.device), { axis: 1 });
  const weights = softmax(scores);
  if (sink === undefined) return weights;
  return mul(weights, besideSink(logSumExp(scores, { axis: -1, keepDims: true }), sink));
}

/** The sums of one entry of each list: [heads, n] and [heads, m] -> [heads, n, m]. */
function outerSum(lists: readonly Tensor[]): Tensor {
  const spread = lists.map((list, i) =>
    reshape(list, [list.shape[0] as number, ...lists.map((own, j) => (i === j ? (own.shape[1] as number) : 1))]),
  );
  return spread.slice(1).reduce<Tensor>((sum, list) => add(sum, list), spread[0] as Tensor);
}

/** The table of all offsets of all axes [heads, offsets]: the sum of the axes' own. */
export function jointTable(scores: Scores): Tensor {
  if (scores.kind === 'joint') return scores.table;
  const sums = outerSum(scores.tables);
  return reshape(sums, [sums.shape[0] as number, product(sums.shape.slice(1))]);
}

/** Mixes `source` [batch, heads or 1, ...keys, channels] to [batch, heads, ...queries, channels]. */
export function mix(source: Tensor, { scores, axes, sink }: Mixture, tiled: boolean): Tensor {
  if (scores.kind === 'joint' || tiled) return mixTiles(source, jointTable(scores), axes, sink);
  const mixed = mixSeparable(source, scores.tables, axes);
  if (sink === undefined) return mixed;
  return mul(mixed, expandDims(shareBesideSink(scores.tables, axes, sink), -1));
}

const product = (extents: readonly number[]): number => extents.reduce((a, b) => a * b, 1);

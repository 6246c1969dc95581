/** Where one pixel looks: the weights of attention for pictures. */
import {
  add,
  concat,
  crop,
  gather,
  matmul,
  mul,
  OptionError,
  quote,
  reshape,
  scope,
  softmax,
  type Tensor,
  tensor,
  transpose,
} from '@saccade/tensor';
import type { AttentionTables } from '../attention/group-attention.js';
import type { AttentionPlan } from '../attention/plan.js';

/** A pixel of an image. */
export interface Pixel {
  readonly row: number;
  readonly column: number;
}

/** The weights with which a pixel attends. */
export interface PixelAttention {
  /** [batch, heads, V, G, M, O]: for output v, query element g, key element m and offset o; 0 outside of the image. Sums over (m, o) are 1. */
  readonly weights: Tensor;
  /** [O, 2]: (row, column) of each key less that of the pixel. */
  readonly offsets: Int32Array;
}

/** What scores come from. */
export interface PixelQuery {
  /** [batch, G, height, width, heads mid]. */
  readonly query: Tensor;
  /** [batch, M, height, width, heads mid]. */
  readonly key: Tensor;
  readonly tables: AttentionTables;
  readonly plan: AttentionPlan;
  readonly heads: number;
  readonly scale: number;
}

/** @throws {OptionError} for a pixel outside of the image */
export function pixelAttention(op: string, given: PixelQuery, pixel: Pixel): PixelAttention {
  const { plan, key, scale } = given;
  const [batch, keys, height, width] = key.shape as [number, number, number, number];
  const { row, column } = Object(pixel) as Pixel;
  const isInside =
    [row, column].every(Number.isSafeInteger) && row >= 0 && row < height && column >= 0 && column < width;
  if (!isInside)
    throw new OptionError(
      `${op}: the pixel must be in an image of ${height} x ${width}, got ${quote(row)}, ${quote(column)}`,
    );
  return scope(() => {
    const { heads } = given;
    const { outputs, queries, offsets } = plan;
    const count = offsets.length / 2;
    const near = Int32Array.from({ length: count }, (_, o) => {
      const [y, x] = [row + offsets[2 * o]!, column + offsets[2 * o + 1]!];
      return y >= 0 && y < height && x >= 0 && x < width ? y * width + x : -1;
    });
    const q = mul(headsOf(given.query, heads, Int32Array.of(row * width + column)), scale);
    const k = headsOf(
      key,
      heads,
      near.map((place) => Math.max(place, 0)),
    );
    const content = reshape(matmul(q, k, { transposeB: true }), [batch, heads, 1, queries, keys, count]);
    const scores = add(content, positionScores(q, given));
    const seen = tensor(
      Uint8Array.from({ length: keys * count }, (_, i) => Number(near[i % count]! >= 0)),
      { dtype: 'bool', device: q.device },
    );
    const flat = reshape(scores, [batch, heads, outputs, queries, keys * count]);
    return { weights: reshape(softmax(flat, { mask: seen }), [batch, heads, outputs, queries, keys, count]), offsets };
  });
}

/** [batch, elements, height, width, heads mid] at some pixels -> [batch, heads, elements pixels, mid]. */
function headsOf(t: Tensor, heads: number, pixels: Int32Array): Tensor {
  const [batch, elements, height, width, channels] = t.shape as [number, number, number, number, number];
  const taken = gather(reshape(t, [batch, elements, height * width, channels]), tensor(pixels, { device: t.device }), {
    axis: 2,
  });
  const parts = reshape(taken, [batch, elements * pixels.length, heads, channels / heads]);
  return transpose(parts, [0, 2, 1, 3]);
}

/** What positions and poses add: q [batch, heads, G, mid] -> broadcasts to [batch, heads, V, G, M, O]. */
function positionScores(q: Tensor, { tables, plan }: PixelQuery): Tensor {
  const [batch, heads, queries, mid] = q.shape as [number, number, number, number];
  const { outputs, keys, offsets, window, groupIndex } = plan;
  const [count, dims] = [offsets.length / 2, tables.row.shape[1] as number];
  const take = (table: Tensor, index: Int32Array): Tensor => gather(table, tensor(index, { device: q.device }));
  const part = (from: number, size: number): Tensor => crop(q, [0, 0, 0, from], [batch, heads, queries, size]);
  const places = concat([take(tables.row, plan.rowIndex), take(tables.column, plan.columnIndex)], 1);
  const byPlace = reshape(matmul(part(0, 2 * dims), places, { transposeB: true }), [
    batch,
    heads,
    queries,
    outputs,
    count,
  ]);
  let scores: Tensor = reshape(transpose(byPlace, [0, 1, 3, 2, 4]), [batch, heads, outputs, queries, 1, count]);
  if (window !== undefined) scores = add(scores, tensor(window, { dtype: q.dtype, device: q.device }));
  if (tables.group === undefined || groupIndex === undefined) return scores;
  const dGroup = mid - 2 * dims;
  const poses = reshape(
    transpose(reshape(take(tables.group, groupIndex), [outputs, queries, keys, dGroup]), [1, 3, 0, 2]),
    [queries, dGroup, outputs * keys],
  );
  const byPose = matmul(reshape(part(2 * dims, dGroup), [batch, heads, queries, 1, dGroup]), poses);
  const parts = transpose(reshape(byPose, [batch, heads, queries, outputs, keys]), [0, 1, 3, 2, 4]);
  return add(scores, reshape(parts, [batch, heads, outputs, queries, keys, 1]));
}

/** Attention over a group in its clearest form: every score at once, by operations that all devices have. */
import {
  add,
  concat,
  crop,
  gather,
  matmul,
  mul,
  pad,
  reshape,
  scope,
  softmax,
  sum,
  type Tensor,
  tensor,
  transpose,
} from '@saccade/tensor';
import {
  type AttentionInputs,
  type AttentionSettings,
  type AttentionSizes,
  type AttentionTables,
  attentionSizes,
} from './attention-inputs.js';
import { type DropoutDraw, drawDropout, dropoutMask } from './dropout.js';
import type { AttentionPlan } from './plan.js';

/** `groupAttention` by tensor operations: differentiable any number of times, with as much memory as there are scores. @throws as `groupAttention` */
export function groupAttentionDirect(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  tables: AttentionTables,
  plan: AttentionPlan,
  settings: AttentionSettings,
): Tensor {
  const inputs = { query, key, value, tables, plan, settings };
  const sizes = attentionSizes('groupAttention', inputs);
  return attendDirectly(inputs, sizes, drawDropout('groupAttention', settings.dropout, sizes));
}

/** The same of checked inputs, with dropout that was drawn. */
export function attendDirectly(inputs: AttentionInputs, sizes: AttentionSizes, draw: DropoutDraw | undefined): Tensor {
  const { batch, heads, outputs, height, width } = sizes;
  const { device, dtype } = inputs.query;
  return scope(() => {
    const near = neighbours(inputs.plan, sizes);
    const indices = tensor(near, { device, shape: [height * width, sizes.offsets] });
    const weights = softmax(scoresOf(inputs, sizes, indices), { mask: seenMask(near, inputs, sizes) });
    const kept = draw === undefined ? weights : mul(weights, dropoutMask(draw, sizes, device, dtype));
    const ofPixel = matmul(sum(kept, { axis: 4 }), around(inputs.value, sizes, indices));
    return reshape(transpose(ofPixel, [0, 3, 2, 1, 4]), [batch, outputs, height, width, heads * midOf(sizes)]);
  });
}

function midOf({ dims, groupDims }: AttentionSizes): number {
  return 2 * dims + groupDims;
}

/** For each pixel and offset the pixel there; outside of the image, one past the last. */
function neighbours({ offsets }: AttentionPlan, { height, width, offsets: count }: AttentionSizes): Int32Array {
  const indices = new Int32Array(height * width * count);
  for (let pixel = 0; pixel < height * width; pixel++) {
    const [row, column] = [Math.floor(pixel / width), pixel % width];
    for (let o = 0; o < count; o++) {
      const [y, x] = [row + (offsets[2 * o] as number), column + (offsets[2 * o + 1] as number)];
      const isInside = y >= 0 && y < height && x >= 0 && x < width;
      indices[pixel * count + o] = isInside ? y * width + x : height * width;
    }
  }
  return indices;
}

/** What lies in the image: bool [pixels, 1, 1, M O]. */
function seenMask(indices: Int32Array, { query }: AttentionInputs, { height, width, keys, offsets }: AttentionSizes) {
  const pixels = height * width;
  const seen = new Uint8Array(pixels * keys * offsets);
  for (let i = 0; i < seen.length; i++) {
    const pixel = Math.floor(i / (keys * offsets));
    seen[i] = (indices[pixel * offsets + (i % offsets)] as number) < pixels ? 1 : 0;
  }
  return tensor(seen, { device: query.device, dtype: 'bool', shape: [pixels, 1, 1, keys * offsets] });
}

/** [batch, elements, height, width, heads mid] -> [batch, heads, pixels, elements, mid]. */
function byPixel(t: Tensor, sizes: AttentionSizes): Tensor {
  const { batch, heads, height, width } = sizes;
  const parts = reshape(t, [batch, t.shape[1] as number, height * width, heads, midOf(sizes)]);
  return transpose(parts, [0, 3, 2, 1, 4]);
}

/** What stands around each pixel, zeros outside of the image: [batch, heads, pixels, M O, mid]. */
function around(t: Tensor, sizes: AttentionSizes, indices: Tensor): Tensor {
  const { batch, heads, height, width, keys, offsets } = sizes;
  const parts = reshape(t, [batch, keys, height * width, heads, midOf(sizes)]);
  const bordered = pad(parts, [[0, 0], [0, 0], [0, 1], [0, 0], [0, 0]]); // biome-ignore format: pairs
  const near = transpose(gather(bordered, indices, { axis: 2 }), [0, 4, 2, 1, 3, 5]);
  return reshape(near, [batch, heads, height * width, keys * offsets, midOf(sizes)]);
}

/** Scores [batch, heads, pixels, V, G, M O]. */
function scoresOf(inputs: AttentionInputs, sizes: AttentionSizes, indices: Tensor): Tensor {
  const { tables, plan } = inputs;
  const { batch, heads, height, width, outputs, queries, keys, offsets, dims } = sizes;
  const lead = [batch, heads, height * width];
  const q = mul(byPixel(inputs.query, sizes), inputs.settings.scale);
  const content = matmul(q, around(inputs.key, sizes, indices), { transposeB: true });
  let scores = add(
    reshape(content, [...lead, 1, queries, keys, offsets]),
    positionScores(channels(q, 0, 2 * dims), tables, plan, sizes),
  );
  if (plan.window !== undefined) scores = add(scores, tensor(plan.window, { device: q.device, dtype: q.dtype }));
  if (tables.group !== undefined && plan.groupIndex !== undefined)
    scores = add(scores, groupScores(channels(q, 2 * dims, sizes.groupDims), tables.group, plan.groupIndex, sizes));
  return reshape(scores, [...lead, outputs, queries, keys * offsets]);
}

function channels(t: Tensor, from: number, count: number): Tensor {
  const at = t.shape.map((_, axis) => (axis === t.rank - 1 ? from : 0));
  return crop(t, at, [...t.shape.slice(0, -1), count]);
}

/** q [batch, heads, pixels, G, 2 d] -> [batch, heads, pixels, V, G, 1, O]. */
function positionScores(
  q: Tensor,
  { row, column }: AttentionTables,
  plan: AttentionPlan,
  sizes: AttentionSizes,
): Tensor {
  const { outputs, queries, offsets } = sizes;
  const lead = q.shape.slice(0, 3);
  const encodings = concat([rowsOf(row, plan.rowIndex), rowsOf(column, plan.columnIndex)], 1);
  const all = reshape(matmul(q, encodings, { transposeB: true }), [...lead, queries, outputs, offsets]);
  return reshape(transpose(all, [0, 1, 2, 4, 3, 5]), [...lead, outputs, queries, 1, offsets]);
}

/** q [batch, heads, pixels, G, dGroup] -> [batch, heads, pixels, V, G, M, 1]. */
function groupScores(q: Tensor, table: Tensor, index: Int32Array, sizes: AttentionSizes): Tensor {
  const { outputs, queries, keys, groupDims } = sizes;
  const lead = q.shape.slice(0, 3);
  const encodings = reshape(rowsOf(table, index), [outputs, queries, keys, groupDims]);
  const ofQuery = reshape(transpose(encodings, [1, 3, 0, 2]), [queries, groupDims, outputs * keys]);
  const all = matmul(reshape(q, [...lead, queries, 1, groupDims]), ofQuery);
  const parts = transpose(reshape(all, [...lead, queries, outputs, keys]), [0, 1, 2, 4, 3, 5]);
  return reshape(parts, [...lead, outputs, queries, keys, 1]);
}

function rowsOf(table: Tensor, index: Int32Array): Tensor {
  return gather(table, tensor(index, { device: table.device }));
}

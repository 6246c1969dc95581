/** Attention over a group and a neighbourhood of pixels: what all layers of the package compute. */
import type { Tensor } from '@saccade/tensor';
import { type AttentionSettings, type AttentionTables, attentionSizes } from './attention-inputs.js';
import { drawDropout } from './dropout.js';
import { attendDirectly } from './group-attention-direct.js';
import { attendFused } from './group-attention-fused.js';
import type { AttentionPlan } from './plan.js';

export type { AttentionSettings, AttentionTables } from './attention-inputs.js';

/**
 * For output element v, query element g and pixel i, scores of key element m at offset o are
 *
 *     scale (q_{g,i} . k_{m,i+o} + q_{g,i}[0:d] . row[rowIndex[v,o]] + q_{g,i}[d:2d] . column[columnIndex[v,o]] + q_{g,i}[2d:] . group[groupIndex[v,g,m]]) + window[o]
 *
 * their softmax over all (m, o) inside the image weighs the values, and results are summed over g. Query [batch, G, height, width, heads mid], key and
 * value [batch, M, height, width, heads mid], channels head by head, mid = 2 d + dGroup -> [batch, V, height, width, heads mid].
 * @throws {ShapeError} unless all fit the plan @throws {DTypeError} unless floats of one type @throws {OptionError} for heads, scale and rate
 */
export function groupAttention(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  tables: AttentionTables,
  plan: AttentionPlan,
  settings: AttentionSettings,
): Tensor {
  const op = 'groupAttention';
  const inputs = { query, key, value, tables, plan, settings };
  const sizes = attentionSizes(op, inputs);
  const draw = drawDropout(op, settings.dropout, sizes);
  const isFused = query.device.readSync !== undefined && query.dtype === 'float32';
  return isFused ? attendFused(inputs, sizes, draw) : attendDirectly(inputs, sizes, draw);
}

/** Scaled-dot-product attention, fused: the matrix of scores is never held. */
import { type AttentionSizes, OptionError, ShapeError } from '@saccade/kernels';
import { checkOptions } from '../arguments.js';
import { range } from '../create.js';
import { bufferOf, deviceOf, drop, empty, requireOn } from '../engine.js';
import { requireFloat, requireSameType, requireType } from '../require-type.js';
import { syncScope } from '../scope.js';
import { broadcastStrides, broadcastsTo, type Shape, sameBeside, show, sizeOf } from '../shape.js';
import { record, recording } from '../tape.js';
import type { Tensor } from '../tensor.js';
import { pullback } from '../vjp.js';
import { add, mul } from './arithmetic.js';
import { greaterEqual, logicalAnd, notEqual } from './compare.js';
import { matmul } from './matmul.js';
import { reshape } from './reshape.js';
import { softmax } from './softmax.js';

/** What shapes the scores. */
export interface AttentionOptions {
  /** Added to the scores; broadcasts to [..., query, key]. Gradients flow to it. */
  readonly bias?: Tensor<Shape> | undefined;
  /** bool, broadcasts to [..., query, key]: false hides a key from a query. A query that sees nothing gives zeros. */
  readonly mask?: Tensor<Shape> | undefined;
  /** Query i sees keys j <= i + keys - queries. Default false. */
  readonly causal?: boolean | undefined;
  /** Factor of the dot products. Default 1 / sqrt(channels). */
  readonly scale?: number | undefined;
}

const names = ['bias', 'mask', 'causal', 'scale'] as const;

/** Checks ranks and shapes. @param value undefined where only the weights are wanted */
function attentionSizes(
  op: string,
  query: Tensor<Shape>,
  key: Tensor<Shape>,
  value: Tensor<Shape> | undefined,
  options: AttentionOptions,
): AttentionSizes {
  const { bias, mask, causal = false } = options;
  const { rank } = query;
  const fits =
    rank >= 2 &&
    sameBeside(query.shape, key.shape, rank - 2) &&
    (value === undefined || sameBeside(key.shape, value.shape, rank - 1));
  if (!fits) {
    const third = value === undefined ? '' : ` and value [..., keys, out]`;
    throw new ShapeError(
      `${op}: expected query [..., queries, channels], key [..., keys, channels]${third}, ` +
        `got ${[query, key, ...(value ? [value] : [])].map((t) => show(t.shape)).join(', ')}`,
    );
  }
  const lead = query.shape.slice(0, -2);
  const [queries, channels] = query.shape.slice(-2) as [number, number];
  const keys = key.shape[rank - 2] as number;
  const { scale = 1 / Math.sqrt(Math.max(channels, 1)) } = options;
  if (!Number.isFinite(scale)) throw new OptionError(`${op}: scale must be a finite number, got ${scale}`);
  const strides = (name: string, t: Tensor<Shape> | undefined): number[] => {
    if (t === undefined) return [];
    const scores = [...lead, queries, keys];
    if (!broadcastsTo(t.shape, scores)) {
      throw new ShapeError(`${op}: ${name} ${show(t.shape)} does not broadcast to the scores ${show(scores)}`);
    }
    return broadcastStrides(t.shape, scores);
  };
  return {
    batch: sizeOf(lead),
    queries,
    keys,
    channels,
    valueChannels: value?.shape.at(-1) ?? 0,
    scale,
    causal,
    batchShape: lead,
    biasStrides: strides('bias', bias),
    maskStrides: strides('mask', mask),
  };
}

/**
 * softmax(scale query key^T + bias) value over the visible keys: query [..., queries, channels],
 * key [..., keys, channels], value [..., keys, out] -> [..., queries, out]. Memory grows with queries plus keys, not
 * with their product. Use `attentionWeights` to look at the weights.
 * @throws {ShapeError} if the three do not fit together, or bias or mask does not broadcast @throws {DTypeError} unless floats of
 * one type (mask: bool) @throws {OptionError} for a scale that is not finite
 */
export function attention(
  query: Tensor<Shape>,
  key: Tensor<Shape>,
  value: Tensor<Shape>,
  options: AttentionOptions = {},
): Tensor {
  const { bias, mask } = checkOptions('attention', options, names);
  const device = deviceOf('attention', query, key, value);
  if (bias !== undefined) requireOn('attention', device, bias);
  if (mask !== undefined) requireOn('attention', device, mask);
  requireFloat('attention', query, key, value, bias);
  requireSameType('attention', query, key, value, bias);
  if (mask !== undefined) requireType('attention', 'mask', mask, 'bool');
  const sizes = attentionSizes('attention', query, key, value, options);
  const out = empty(device, query.dtype, [...query.shape.slice(0, -1), sizes.valueChannels]);
  const logSumExp = empty(device, query.dtype, query.shape.slice(0, -1));
  const at = (t: Tensor<Shape>) => bufferOf('attention', t);
  device.kernels.attention(
    at(query),
    at(key),
    at(value),
    bias && at(bias),
    mask && at(mask),
    at(out),
    at(logSumExp),
    sizes,
  );
  const inputs = [query, key, value, ...(bias ? [bias] : [])];
  const rule = (g: Tensor, needs: readonly boolean[]): readonly (Tensor | undefined)[] => {
    if (recording()) return pullback(() => composedAttention(query, key, value, options), inputs, g);
    const dquery = empty(device, query.dtype, query.shape);
    const dkey = empty(device, key.dtype, key.shape);
    const dvalue = empty(device, value.dtype, value.shape);
    const dbias = bias && needs[3] ? empty(device, bias.dtype, bias.shape) : undefined;
    device.kernels.attentionGrad(
      at(query),
      at(key),
      at(value),
      bias && at(bias),
      mask && at(mask),
      at(out),
      at(logSumExp),
      at(g),
      at(dquery),
      at(dkey),
      at(dvalue),
      dbias && at(dbias),
      sizes,
    );
    return [dquery, dkey, dvalue, dbias];
  };
  record(out, inputs, rule, [mask, logSumExp]);
  drop(logSumExp);
  return out;
}

/** The weights [..., queries, keys] that `attention` multiplies the values with, held whole. @throws as `attention` */
export function attentionWeights(query: Tensor<Shape>, key: Tensor<Shape>, options: AttentionOptions = {}): Tensor {
  const op = 'attentionWeights';
  const { bias, mask } = checkOptions(op, options, names);
  const device = deviceOf(op, query, key);
  if (bias !== undefined) requireOn(op, device, bias);
  if (mask !== undefined) requireOn(op, device, mask);
  requireFloat(op, query, key, bias);
  requireSameType(op, query, key, bias);
  if (mask !== undefined) requireType(op, 'mask', mask, 'bool');
  const { queries, keys, scale, causal } = attentionSizes(op, query, key, undefined, options);
  return syncScope(() => {
    const products = mul(matmul(query, key, { transposeB: true }), scale);
    const scores = bias === undefined ? products : add(products, bias);
    // A bias of -Infinity hides a key as the mask does; a query that sees nothing then gives zeros, not NaN.
    const seen = bias === undefined ? mask : both(mask, notEqual(bias, -Infinity));
    if (!causal) return softmax(scores, { mask: seen });
    const row = reshape(range(keys - queries, keys, 1, { device }), [queries, 1]);
    const visible = greaterEqual(row, range(0, keys, 1, { device }));
    return softmax(scores, { mask: both(seen, visible) });
  });
}

function both(mask: Tensor<Shape> | undefined, other: Tensor<Shape>): Tensor<Shape> {
  return mask === undefined ? other : logicalAnd(mask, other);
}

function composedAttention(
  query: Tensor<Shape>,
  key: Tensor<Shape>,
  value: Tensor<Shape>,
  options: AttentionOptions,
): Tensor {
  return matmul(attentionWeights(query, key, options), value);
}

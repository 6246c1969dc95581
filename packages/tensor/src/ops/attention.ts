/** Scaled-dot-product attention, fused: the matrix of scores is never held. */
import { type AttentionSizes, OptionError, ShapeError } from '@saccade/kernels';
import { range } from '../create.js';
import { bufferOf, deviceOf, empty, requireFloat, requireSameType, requireType } from '../engine.js';
import { broadcastShapes, broadcastStrides, type Shape, sameShape, show, sizeOf } from '../shape.js';
import { record, recording } from '../tape.js';
import type { Tensor } from '../tensor.js';
import { pullback } from '../vjp.js';
import { add, mul } from './arithmetic.js';
import { greaterEqual, logicalAnd } from './compare.js';
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

function attentionSizes(
  query: Tensor<Shape>,
  key: Tensor<Shape>,
  value: Tensor<Shape>,
  options: AttentionOptions,
): AttentionSizes {
  const { bias, mask, causal = false } = options;
  const lead = query.shape.slice(0, -2);
  const fits =
    query.rank >= 2 &&
    sameShape(lead, key.shape.slice(0, -2)) &&
    sameShape(key.shape.slice(0, -1), value.shape.slice(0, -1)) &&
    query.shape.at(-1) === key.shape.at(-1);
  if (!fits) {
    throw new ShapeError(
      'attention: expected query [..., queries, channels], key [..., keys, channels] and value [..., keys, out], ' +
        `got ${show(query.shape)}, ${show(key.shape)} and ${show(value.shape)}`,
    );
  }
  const [queries, channels] = query.shape.slice(-2) as [number, number];
  const [keys, valueChannels] = value.shape.slice(-2) as [number, number];
  const { scale = 1 / Math.sqrt(Math.max(channels, 1)) } = options;
  if (!Number.isFinite(scale)) throw new OptionError(`attention: scale must be a finite number, got ${scale}`);
  const scores = [...lead, queries, keys];
  const strides = (name: string, t: Tensor<Shape> | undefined): number[] => {
    if (t === undefined) return [];
    if (!sameShape(broadcastShapes('attention', t.shape, scores), scores)) {
      throw new ShapeError(`attention: ${name} ${show(t.shape)} does not broadcast to the scores ${show(scores)}`);
    }
    return broadcastStrides(t.shape, scores);
  };
  return {
    batch: sizeOf(lead),
    queries,
    keys,
    channels,
    valueChannels,
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
 * @throws {ShapeError} @throws {DTypeError} @throws {OptionError}
 */
export function attention(
  query: Tensor<Shape>,
  key: Tensor<Shape>,
  value: Tensor<Shape>,
  options: AttentionOptions = {},
): Tensor {
  const { bias, mask } = options;
  requireFloat('attention', query, key, value, bias);
  requireSameType('attention', query, key, value, bias);
  if (mask !== undefined) requireType('attention', 'mask', mask, 'bool');
  const sizes = attentionSizes(query, key, value, options);
  const device = deviceOf('attention', query, key, value, bias, mask);
  const out = empty(device, query.dtype, [...query.shape.slice(0, -1), sizes.valueChannels] as Shape) as Tensor;
  const logSumExp = empty(device, query.dtype, query.shape.slice(0, -1) as Shape) as Tensor;
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
  const inputs = [query, key, value, ...(bias ? [bias] : [])] as Tensor[];
  record(out, inputs, (g, needs) => {
    if (recording()) return pullback(() => composedAttention(query, key, value, options), inputs, g);
    const dQuery = empty(device, query.dtype, query.shape) as Tensor;
    const dKey = empty(device, key.dtype, key.shape) as Tensor;
    const dValue = empty(device, value.dtype, value.shape) as Tensor;
    const dBias = bias && needs[3] ? (empty(device, bias.dtype, bias.shape) as Tensor) : undefined;
    device.kernels.attentionGrad(
      at(query),
      at(key),
      at(value),
      bias && at(bias),
      mask && at(mask),
      at(out),
      at(logSumExp),
      at(g),
      at(dQuery),
      at(dKey),
      at(dValue),
      dBias && at(dBias),
      sizes,
    );
    return [dQuery, dKey, dValue, dBias];
  });
  return out;
}

/** The weights [..., queries, keys] that `attention` multiplies the values with, held whole. @throws as `attention` */
export function attentionWeights(query: Tensor<Shape>, key: Tensor<Shape>, options: AttentionOptions = {}): Tensor {
  const { queries, keys, scale, causal } = attentionSizes(query, key, key, options);
  const products = mul(matmul(query, key, { transposeB: true }), scale);
  const scores = options.bias === undefined ? products : add(products, options.bias);
  let { mask } = options;
  if (causal) {
    const { device } = query;
    const row = reshape(range(keys - queries, keys, 1, { device }), [queries, 1]);
    const visible = greaterEqual(row, range(0, keys, 1, { device }));
    mask = mask === undefined ? visible : logicalAnd(mask, visible);
  }
  return softmax(scores, { mask });
}

function composedAttention(
  query: Tensor<Shape>,
  key: Tensor<Shape>,
  value: Tensor<Shape>,
  options: AttentionOptions,
): Tensor {
  return matmul(attentionWeights(query, key, options), value);
}

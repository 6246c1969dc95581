/** Measures how far a network of attention is from the network of convolutions that it stands for. */
import {
  checkOptions,
  isTensor,
  type NamedTensors,
  Rng,
  requireCount,
  ShapeError,
  scope,
  show,
  type Tensor,
} from '@saccade/tensor';
import { asConvolutions } from './as-convolutions.js';
import type { AttentionNetwork } from './attention-network.js';
import type { NetworkLayer } from './layer-list.js';
import { NetworkBound } from './network-bound.js';
import type { NetworkMeasurement } from './network-certificate.js';
import type { Plan } from './part.js';
import { readPlan } from './plan.js';
import type { Place } from './weights.js';

/** Random images, uniform in the range that the network was converted for. */
export interface RandomImages {
  readonly images: number;
  readonly seed: number;
}

/** What every conversion is measured on. */
const PROBES: RandomImages = { images: 4, seed: 0 };

/**
 * Runs a network of attention and the convolutions that it was converted from on images, and compares: what `certificate.measured` tells of four random ones. The
 * bound is that of the sharpness which it was converted with, and of the images' own range and extents; a network that was trained since may exceed it.
 * @param original the weights and layers
 * @param images [batch, ...spatial, channels], or how many random ones
 * @throws {ShapeError} for images that do not fit, or outputs that differ in shape; and what `convertNetwork` throws
 */
export function certifyNetwork(
  network: AttentionNetwork,
  original: { readonly tensors: NamedTensors; readonly layers: readonly NetworkLayer[] },
  images: Tensor | RandomImages = PROBES,
): NetworkMeasurement {
  const op = 'certifyNetwork';
  const read = readPlan(op, original.tensors, original.layers, network.conversion.border);
  const plan = { ...read, ...(placeOf(network) ?? {}) };
  const bounds = new NetworkBound(op, plan, network.conversion.values);
  return isTensor(images)
    ? compare(op, plan, bounds, network, images as Tensor, undefined)
    : measureNetwork(op, plan, bounds, network, images);
}

/** Element type and place of the attention, which need not be those of the weights that it was converted from. */
export function placeOf(network: AttentionNetwork): Place | undefined {
  const weight = [...network.attention.values()][0]?.weight;
  return weight && { dtype: weight.dtype as Place['dtype'], device: weight.device };
}

/** Measures on random images. */
export function measureNetwork(
  op: string,
  plan: Plan,
  bounds: NetworkBound,
  network: AttentionNetwork,
  random: RandomImages = PROBES,
): NetworkMeasurement {
  const { images, seed } = checkOptions(op, random, ['images', 'seed']);
  requireCount(op, 'images', images);
  return scope(() => {
    const { inputRange, extents } = network.conversion;
    const [low, high] = inputRange;
    const { dtype, device } = plan;
    const drawn = new Rng(seed).uniform([images, ...extents, plan.inputs], { low, high, dtype, device });
    return compare(op, plan, bounds, network, drawn, seed);
  });
}

function compare(
  op: string,
  plan: Plan,
  bounds: NetworkBound,
  network: AttentionNetwork,
  images: Tensor,
  seed: number | undefined,
): NetworkMeasurement {
  return scope(() => {
    if (images.size === 0) throw new ShapeError(`${op}: expected images, got none: ${show(images.shape)}`);
    const [actual, expected] = [network.forward(images), asConvolutions(op, plan, images)];
    if (String(expected.shape) !== String(actual.shape)) {
      throw new ShapeError(`${op}: the convolutions give ${show(expected.shape)}, the attention ${show(actual.shape)}`);
    }
    const [x, y, z] = [images.dataSync(), expected.dataSync(), actual.dataSync()];
    const inputRange = [x.reduce((a, b) => Math.min(a, b)), x.reduce((a, b) => Math.max(a, b))] as const;
    const { alpha } = network.conversion;
    const bound = bounds.largest({ alpha, inputRange, extents: images.shape.slice(1, -1), rounding: true });
    let [maxAbs, largest] = [0, 0];
    for (let i = 0; i < y.length; i++) {
      maxAbs = Math.max(maxAbs, Math.abs(y[i]! - z[i]!));
      largest = Math.max(largest, Math.abs(y[i]!));
    }
    return { maxAbs, bound, largest, images: images.shape[0]!, seed, dtype: plan.dtype };
  });
}

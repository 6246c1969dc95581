/** A whole convolutional network as attention. */
import { checkOptions, type NamedTensors, OptionError, quote, requireAbove, requireOneOf } from '@saccade/tensor';
import type { ConvToAttentionOptions } from '../convert/conv-to-attention.js';
import type { AttentionNetwork } from './attention-network.js';
import { buildNetwork, type ConvertedLayer } from './build-network.js';
import { measureNetwork } from './certify-network.js';
import { imageExtents } from './extents.js';
import type { NetworkLayer } from './layer-list.js';
import { NetworkBound } from './network-bound.js';
import { NetworkCertificate } from './network-certificate.js';
import { readPlan } from './plan.js';

/** How a network is converted. */
export interface ConvertNetworkOptions extends Pick<ConvToAttentionOptions, 'alpha' | 'border' | 'values'> {
  /** Instead of alpha: the largest error of any output of the network, in exact arithmetic, for images within `inputRange`. */
  readonly maxError?: number | undefined;
  /** All values of the images lie in it. Default [0, 1]. */
  readonly inputRange?: readonly [low: number, high: number] | undefined;
  /** Of the images that are measured, and whose rounding the bound allows for. Default: those of a square that the network takes. */
  readonly extents?: readonly number[] | undefined;
}

/** The names of these options. */
const convertNetworkNames = ['alpha', 'maxError', 'border', 'values', 'inputRange', 'extents'] as const;

/** A converted network. */
export interface ConvertedNetwork {
  readonly network: AttentionNetwork;
  readonly certificate: NetworkCertificate;
  /** The attention layers in order, each with its own certificate. */
  readonly layers: readonly ConvertedLayer[];
}

const DEFAULT_ALPHA = 128;
/** `convToAttention` takes no larger one either. */
const LARGEST_ALPHA = 1024;

/**
 * Converts all convolutions, mean pools and global mean pools of a network to attention, from images [batch, ...spatial, channels], channels last. Batch norm goes
 * into the layer before it, or becomes attention of one head; activations, maximum pools and linear layers stay as they are.
 * @param tensors weights by PyTorch's names, as `loadSafetensors` gives them @param layers the layers in order, with PyTorch's options
 * @throws {UnsupportedError} for layers that cannot be converted: transposed, lazy, unknown ones, batch norm in training or without running statistics
 * @throws {OptionError} for options and layers that do not fit together, weights that are missing, and a border that a layer's padding does not go with
 * @throws {ShapeError} for weights that do not fit, with both shapes @throws {DeviceError} for tensors on a GPU, whose memory the CPU does not see
 */
export function convertNetwork(
  tensors: NamedTensors,
  layers: readonly NetworkLayer[],
  options: ConvertNetworkOptions = {},
): ConvertedNetwork {
  const op = 'convertNetwork';
  const { border = 'pad', values = 'identity', inputRange = [0, 1] } = checkOptions(op, options, convertNetworkNames);
  requireOneOf(op, 'border', border, ['pad', 'sink', 'native']);
  requireOneOf(op, 'values', values, ['identity', 'project', 'lowrank']);
  requireRange(op, inputRange);
  const plan = readPlan(op, tensors, layers, border);
  const extents = imageExtents(op, plan, options.extents);
  const bounds = new NetworkBound(op, plan, values);
  const errorAt = (alpha: number): number => bounds.largest({ alpha, inputRange, extents, rounding: false });
  const alpha = alphaFor(op, options, errorAt);
  const built = buildNetwork(plan, { alpha, border, values, inputRange, extents });
  try {
    const certificate = new NetworkCertificate(bounds, built.network.conversion, built.layers);
    certificate.measured = measureNetwork(op, plan, bounds, built.network);
    return { ...built, certificate };
  } catch (error) {
    built.network.dispose();
    throw error;
  }
}

/** @throws {OptionError} unless it is [low, high] with two finite numbers in order */
function requireRange(op: string, range: readonly [number, number]): void {
  const [low, high] = [range].flat() as number[];
  if (Number.isFinite(low) && Number.isFinite(high) && low! <= high!) return;
  throw new OptionError(`${op}: inputRange must be [low, high], got ${quote(range)}`);
}

/** The sharpness that was asked for, or that the error asks for. @throws {OptionError} */
function alphaFor(op: string, { alpha, maxError }: ConvertNetworkOptions, errorAt: (alpha: number) => number): number {
  if (alpha !== undefined) requireAbove(op, 'alpha', alpha);
  if (maxError === undefined) return alpha ?? DEFAULT_ALPHA;
  requireAbove(op, 'maxError', maxError);
  if (alpha !== undefined && errorAt(Math.min(alpha, LARGEST_ALPHA)) <= maxError) return alpha;
  const least = errorAt(LARGEST_ALPHA);
  // Not written as a comparison the other way round: bounds that overflow are no promise either.
  if (!(least <= maxError)) {
    throw new OptionError(
      `${op}: no alpha keeps all errors below maxError ${maxError}; ${LARGEST_ALPHA} allows ${least}`,
    );
  }
  const needed = smallestAlpha(errorAt, maxError);
  if (alpha === undefined) return needed;
  throw new OptionError(
    `${op}: alpha ${alpha} allows errors above maxError ${maxError}; it takes ${needed.toPrecision(4)}`,
  );
}

/** By bisection: the sharper the heads, the smaller the error. */
function smallestAlpha(errorAt: (alpha: number) => number, maxError: number): number {
  let [low, high] = [0, LARGEST_ALPHA];
  for (let i = 0; i < 60 && high - low > 1e-6 * high; i++) {
    const middle = (low + high) / 2;
    if (errorAt(middle) <= maxError) high = middle;
    else low = middle;
  }
  return high;
}

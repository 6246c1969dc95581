/** Norms over the channels of each example: layer norm and group norm. */
import {
  add,
  checkOptions,
  layerNorm,
  mul,
  OptionError,
  ones,
  requireCount,
  requireDivides,
  requireFrom,
  reshape,
  type Shape,
  ShapeError,
  scope,
  show,
  type Tensor,
  transpose,
  zeros,
} from '@saccade/tensor';
import { requireTensors } from '../check.js';
import { Module } from '../module.js';

/** Options of both norms. */
export interface NormOptions {
  /** Added to the variance. Default 1e-5. */
  readonly epsilon?: number | undefined;
  /** Learns a scale and a shift. Default true. */
  readonly affine?: boolean | undefined;
}

const names = ['epsilon', 'affine'] as const;

/** Each vector along the last axis, or each block of the last axes, to mean 0 and variance 1: [..., shape] -> the same. Ba et al. 2016. State: `weight`, `bias` of `shape`. */
export class LayerNorm extends Module {
  readonly weight: Tensor | undefined;
  readonly bias: Tensor | undefined;
  readonly epsilon: number;
  readonly #shape: Shape;

  /** @param shape extent of the last axis, or extents of the last axes @throws {OptionError} */
  constructor(shape: number | Shape, options: NormOptions = {}) {
    super();
    const { epsilon = 1e-5, affine = true } = checkOptions('LayerNorm', options, names);
    this.#shape = Array.isArray(shape) ? (shape as Shape) : [shape as number];
    for (const extent of this.#shape) requireCount('LayerNorm', 'shape', extent);
    if (this.#shape.length === 0) throw new OptionError('LayerNorm: shape must name at least one axis, got []');
    this.epsilon = requireFrom('LayerNorm', 'epsilon', epsilon);
    this.weight = affine ? this.parameter('weight', ones(this.#shape)) : undefined;
    this.bias = affine ? this.parameter('bias', zeros(this.#shape)) : undefined;
  }

  /** @throws {ShapeError} unless x ends with the shape of this layer */
  override forward(x: Tensor): Tensor {
    requireTensors('LayerNorm', { x });
    const shape = this.#shape;
    const lead = x.shape.slice(0, Math.max(0, x.rank - shape.length));
    if (x.rank < shape.length || shape.some((extent, i) => extent !== x.shape[lead.length + i])) {
      throw new ShapeError(`LayerNorm: expected [..., ${shape.join(', ')}], got ${show(x.shape)}`);
    }
    const { weight, bias, epsilon } = this;
    if (shape.length === 1) return layerNorm(x, { gamma: weight, beta: bias, epsilon });
    const flat = (t: Tensor | undefined): Tensor | undefined => t && reshape(t, [t.size]);
    return scope(() => {
      const rows = reshape(x, [...lead, shape.reduce((product, extent) => product * extent, 1)]);
      return reshape(layerNorm(rows, { gamma: flat(weight), beta: flat(bias), epsilon }), x.shape);
    });
  }
}

/**
 * The channels (last axis) of each example in groups, each group over all positions to mean 0 and variance 1, then a scale
 * and a shift for each channel: [batch, ..., channels] -> the same. Wu and He 2018. State: `weight`, `bias` [channels].
 */
export class GroupNorm extends Module {
  readonly weight: Tensor | undefined;
  readonly bias: Tensor | undefined;
  readonly epsilon: number;
  readonly groups: number;
  readonly channels: number;

  /** @throws {OptionError} unless groups divide the channels */
  constructor(groups: number, channels: number, options: NormOptions = {}) {
    super();
    const { epsilon = 1e-5, affine = true } = checkOptions('GroupNorm', options, names);
    this.channels = requireCount('GroupNorm', 'channels', channels);
    this.groups = requireDivides('GroupNorm', 'groups', groups, channels);
    this.epsilon = requireFrom('GroupNorm', 'epsilon', epsilon);
    this.weight = affine ? this.parameter('weight', ones([channels])) : undefined;
    this.bias = affine ? this.parameter('bias', zeros([channels])) : undefined;
  }

  /** @throws {ShapeError} unless x is [batch, ..., channels] */
  override forward(x: Tensor): Tensor {
    requireTensors('GroupNorm', { x });
    const { groups, channels, weight, bias } = this;
    if (x.rank < 2 || x.shape.at(-1) !== channels) {
      throw new ShapeError(`GroupNorm: expected [batch, ..., ${channels}], got ${show(x.shape)}`);
    }
    const batch = x.shape[0] as number;
    const positions = x.size / Math.max(1, batch * channels);
    const each = channels / groups;
    return scope(() => {
      const grouped = transpose(reshape(x, [batch, positions, groups, each]), [0, 2, 1, 3]);
      const rows = reshape(grouped, [batch * groups, positions * each]);
      const normal = reshape(layerNorm(rows, { epsilon: this.epsilon }), [batch, groups, positions, each]);
      const y = reshape(transpose(normal, [0, 2, 1, 3]), x.shape);
      const scaled = weight === undefined ? y : mul(y, weight);
      return bias === undefined ? scaled : add(scaled, bias);
    });
  }
}

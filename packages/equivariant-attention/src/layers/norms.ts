/** Norms of features [batch, group, height, width, channels] that treat all elements and pixels alike. */
import { BatchNorm, LayerNorm, Module } from '@saccade/nn';
import {
  broadcastTo,
  layerNorm,
  ones,
  requireCount,
  requireFrom,
  requireOneOf,
  reshape,
  ShapeError,
  scope,
  show,
  type Tensor,
  zeros,
} from '@saccade/tensor';
import type { Form, Proof, Provable } from '../certify/proof.js';
import type { Group } from '../groups/group.js';
import { exactStep, oneStep } from './verdicts.js';

/**
 * orbit: each example to mean 0 and variance 1 over elements, pixels and channels, the paper's "layer norm" (group norm of one group). pixel: the channels of each pixel
 * and element. batch: each channel over batch, elements and pixels.
 */
export type NormKind = 'orbit' | 'pixel' | 'batch';

/** A norm of features. */
export type FeatureNorm = OrbitNorm | LayerNorm | BatchNorm;

/** Each example to mean 0 and variance 1 over all its elements, pixels and channels, then a scale and a shift for each channel: [batch, ..., channels] -> the same. State: `weight`, `bias` [channels]. */
export class OrbitNorm extends Module implements Provable {
  readonly weight: Tensor;
  readonly bias: Tensor;
  readonly epsilon: number;

  /** @param options.epsilon added to the variance; default 1e-5, the paper's is 1e-12 @throws {OptionError} */
  constructor(channels: number, { epsilon = 1e-5 }: { readonly epsilon?: number | undefined } = {}) {
    super();
    requireCount('OrbitNorm', 'channels', channels);
    this.epsilon = requireFrom('OrbitNorm', 'epsilon', epsilon);
    this.weight = this.parameter('weight', ones([channels]));
    this.bias = this.parameter('bias', zeros([channels]));
  }

  /** @throws {ShapeError} unless x is [batch, ..., channels] */
  override forward(x: Tensor): Tensor {
    const channels = this.weight.size;
    if (x.rank < 2 || x.shape.at(-1) !== channels) {
      throw new ShapeError(`OrbitNorm: expected [batch, ..., ${channels}], got ${show(x.shape)}`);
    }
    const positions = x.shape.slice(1, -1).reduce((product, extent) => product * extent, 1);
    const rows = [x.shape[0] as number, positions * channels] as const;
    // One pass over all: scale and shift as long as a row, which is short work.
    const along = (t: Tensor): Tensor => reshape(broadcastTo(t, [positions, channels]), [rows[1]]);
    return scope(() => {
      const options = { gamma: along(this.weight), beta: along(this.bias), epsilon: this.epsilon };
      return reshape(layerNorm(reshape(x, rows), options), x.shape);
    });
  }

  prove(form: Form, group: Group, layer: string): Proof {
    return oneStep(exactStep(layer, group), form);
  }
}

/** @throws {OptionError} for an unknown kind */
export function requireNormKind(op: string, kind: NormKind): NormKind {
  return requireOneOf(op, 'norm', kind, ['orbit', 'pixel', 'batch']);
}

/** @throws {OptionError} for an unknown kind */
export function featureNorm(op: string, kind: NormKind, channels: number, epsilon: number): FeatureNorm {
  requireNormKind(op, kind);
  if (kind === 'orbit') return new OrbitNorm(channels, { epsilon });
  return kind === 'pixel' ? new LayerNorm(channels, { epsilon }) : new BatchNorm(channels, { epsilon });
}

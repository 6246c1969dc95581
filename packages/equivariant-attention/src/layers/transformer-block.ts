/** The paper's block: attention between norms, a way around it, and two maps of each pixel, both added. */
import { type Linear, Module } from '@saccade/nn';
import { add, requireFrom, requireWithin, scope, type Tensor } from '@saccade/tensor';
import { proveChain } from '../certify/chain.js';
import type { Form, Proof, Provable } from '../certify/proof.js';
import type { Group } from '../groups/group.js';
import { type FeatureActivation, featureActivation } from './activation.js';
import { Crop, type CropWidth } from './crop.js';
import { GroupSelfAttention, type GroupSelfAttentionOptions } from './group-self-attention.js';
import { type FeatureNorm, featureNorm, type NormKind, requireNormKind } from './norms.js';
import { OrbitDropout } from './orbit-dropout.js';
import { pointwise } from './pointwise.js';

/** Options of the block: those of its attention, and these. */
export interface TransformerBlockOptions extends GroupSelfAttentionOptions {
  /** Pixels that go at each side of what comes out. Default 0. */
  readonly crop?: CropWidth | undefined;
  /** Default 'orbit', the paper's. */
  readonly norm?: NormKind | undefined;
  /** Added to the variance in the norms. Default 1e-5; the release has 1e-12. */
  readonly normEps?: number | undefined;
  /** Default 'swish'. */
  readonly activation?: FeatureActivation | undefined;
  /** Probability with which a value is dropped in training behind attention. Default 0. */
  readonly valueDropout?: number | undefined;
}

/** The two maps of each pixel, to half of the channels and back. */
class Mlp extends Module {
  readonly hidden: Linear;
  readonly norm: FeatureNorm;
  readonly output: Linear;
  readonly outputNorm: FeatureNorm;
  readonly activation: (x: Tensor) => Tensor;

  constructor(
    channels: number,
    activation: (x: Tensor) => Tensor,
    norm: (channels: number) => FeatureNorm,
    map: (inputs: number, outputs: number) => Linear,
  ) {
    super();
    const half = Math.max(1, Math.floor(channels / 2));
    this.activation = activation;
    this.hidden = map(channels, half);
    this.norm = norm(half);
    this.output = map(half, channels);
    this.outputNorm = norm(channels);
  }

  override forward(x: Tensor): Tensor {
    return scope(() => {
      const inner = this.activation(this.norm.forward(this.hidden.forward(x)));
      return this.outputNorm.forward(this.output.forward(inner));
    });
  }

  prove(form: Form, group: Group, layer: string): Proof {
    const { hidden, norm, output, outputNorm } = this;
    return proveChain(Object.entries({ hidden, norm, output, output_norm: outputNorm }), form, group, layer);
  }
}

/**
 * y = crop(dropout(act(norm(attention(act(norm(x))))))) + crop(shortcut(x)), then y + mlp(y): [batch, group, height, width, inputs] -> [batch, group, height - 2 crop, width -
 * 2 crop, outputs]. The shortcut is a map where channels change. State: `norm_in`, `attention`, `norm_out`, `shortcut`, `mlp.hidden`, `mlp.norm`, `mlp.output`,
 * `mlp.output_norm`.
 */
export class TransformerBlock extends Module implements Provable {
  readonly inputs: number;
  readonly outputs: number;
  readonly normIn: FeatureNorm;
  readonly attention: GroupSelfAttention;
  readonly normOut: FeatureNorm;
  readonly dropout: OrbitDropout;
  readonly crop: Crop;
  readonly shortcut: Linear | undefined;
  readonly mlp: Mlp;
  readonly activation: (x: Tensor) => Tensor;

  /** @throws {OptionError} for an option that it does not know or that cannot be */
  constructor(inputs: number, outputs: number, options: TransformerBlockOptions) {
    super();
    const op = 'TransformerBlock';
    const { crop = 0, norm = 'orbit', normEps = 1e-5, activation = 'swish', valueDropout = 0, ...attention } = options;
    const { rng, initScale, orbitSharedDropout = false } = options;
    requireNormKind(op, norm);
    requireFrom(op, 'normEps', normEps);
    requireWithin(op, 'valueDropout', valueDropout, 0, 1);
    this.activation = featureActivation(op, activation);
    this.crop = new Crop(crop);
    // First, as it is what can fail.
    this.attention = new GroupSelfAttention(inputs, outputs, attention);
    const map = (from: number, to: number): Linear => pointwise(from, to, { rng, initScale });
    const normOf = (channels: number): FeatureNorm => featureNorm(op, norm, channels, normEps);
    this.inputs = inputs;
    this.outputs = outputs;
    this.normIn = normOf(inputs);
    this.normOut = normOf(outputs);
    const { group } = this.attention;
    this.dropout = new OrbitDropout(valueDropout, { rng, shared: orbitSharedDropout ? group : undefined });
    this.shortcut = inputs === outputs ? undefined : map(inputs, outputs);
    this.mlp = new Mlp(outputs, this.activation, normOf, map);
  }

  /** @throws {ShapeError} unless x is [batch, group, height, width, inputs] */
  override forward(x: Tensor): Tensor {
    return scope(() => {
      const attended = this.attention.forward(this.activation(this.normIn.forward(x)));
      const kept = this.dropout.forward(this.activation(this.normOut.forward(attended)));
      const around = this.crop.forward(x);
      const y = add(this.crop.forward(kept), this.shortcut?.forward(around) ?? around);
      return add(this.mlp.forward(y), y);
    });
  }

  prove(form: Form, group: Group, layer: string): Proof {
    const { normIn, attention, normOut, dropout, crop, mlp } = this;
    const parts = { norm_in: normIn, attention, norm_out: normOut, dropout, crop, mlp };
    return proveChain(Object.entries(parts), form, group, layer);
  }
}

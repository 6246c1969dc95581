/** The release's block: attention, then two dense maps, each added to what came in and normalised after (BERT). */
import { Dropout, LayerNorm, Linear, Module } from '@saccade/nn';
import { add, gelu, type Rng, scope, type Tensor } from '@saccade/tensor';

/** Any layer from images [batch, ...spatial, channels] to the same. */
export type AttentionLayer = Module<[images: Tensor]>;

/** Options of the block. */
export interface AttentionBlockOptions {
  /** Channels in and out. */
  readonly channels: number;
  /** Channels between the two dense maps. */
  readonly intermediate: number;
  /** Probability with which a value is dropped in training before it is added. Default 0.1. */
  readonly dropout?: number | undefined;
  /** Added to the variance in both norms. Default 1e-12. */
  readonly epsilon?: number | undefined;
  readonly rng: Rng;
}

/** A dense map whose result is added to the block's input and normalised. */
class AddedOutput extends Module<[x: Tensor, input: Tensor]> {
  readonly dense: Linear;
  readonly norm: LayerNorm;
  readonly dropout: Dropout;

  constructor(inputs: number, { channels, dropout = 0.1, epsilon = 1e-12, rng }: AttentionBlockOptions) {
    super();
    this.dense = new Linear(inputs, channels, { rng });
    this.norm = new LayerNorm(channels, { epsilon });
    this.dropout = new Dropout(dropout, { rng });
  }

  protected override nameOf(property: string): string {
    return property === 'norm' ? 'LayerNorm' : property;
  }

  override forward(x: Tensor, input: Tensor): Tensor {
    return scope(() => this.norm.forward(add(this.dropout.forward(this.dense.forward(x)), input)));
  }
}

/** `self` and what comes behind it. */
class Attention extends Module {
  readonly self: AttentionLayer;
  readonly output: AddedOutput;

  constructor(self: AttentionLayer, options: AttentionBlockOptions) {
    super();
    this.self = self;
    this.output = new AddedOutput(options.channels, options);
  }

  override forward(images: Tensor): Tensor {
    return scope(() => this.output.forward(this.self.forward(images), images));
  }
}

/** The wider map. */
class Intermediate extends Module {
  readonly dense: Linear;

  constructor({ channels, intermediate, rng }: AttentionBlockOptions) {
    super();
    this.dense = new Linear(channels, intermediate, { rng });
  }

  override forward(x: Tensor): Tensor {
    return scope(() => gelu(this.dense.forward(x)));
  }
}

/**
 * y = LN(x + Dense(attention(x))), then LN(y + Dense(gelu(Dense(y)))): [batch, ...spatial, channels] -> the same. Names as in the release:
 * `attention.self`, `attention.output.dense`, `attention.output.LayerNorm`, `intermediate.dense`, `output.dense`, `output.LayerNorm`.
 */
export class AttentionBlock extends Module {
  readonly attention: Attention;
  readonly intermediate: Intermediate;
  readonly output: AddedOutput;

  constructor(layer: AttentionLayer, options: AttentionBlockOptions) {
    super();
    this.attention = new Attention(layer, options);
    this.intermediate = new Intermediate(options);
    this.output = new AddedOutput(options.intermediate, options);
  }

  override forward(images: Tensor): Tensor {
    return scope(() => {
      const attended = this.attention.forward(images);
      return this.output.forward(this.intermediate.forward(attended), attended);
    });
  }
}

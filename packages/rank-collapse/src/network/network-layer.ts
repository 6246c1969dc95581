/** One layer of the network: attention, and where the network has one an MLP, each added to its input and normed. */
import { Module } from '@saccade/nn';
import { gelu, scope, type Tensor } from '@saccade/tensor';
import { type AddAndNormOptions, AttentionOutput, MlpOutput } from './add-and-norm.js';
import { type HeadOptions, SelfAttention } from './self-attention.js';
import { SmallLinear } from './small-linear.js';

/** What all layers of a network have in common. */
export interface NetworkLayerOptions extends HeadOptions, AddAndNormOptions {
  /** An MLP as wide as the network behind the attention. */
  readonly mlp: boolean;
  /** Whether the heads are added to their input. */
  readonly skip: boolean;
}

/** How a path goes through a layer that it uses. */
export interface PathStep {
  /** One head, or -1 for all. */
  readonly head: number;
  /** Whether the input is added and the norm scales and shifts as it has learned; else what the heads gave is only normalised. */
  readonly skip: boolean;
}

/** [batch, tokens, width] -> the same. State: `attention.self`, `attention.output`, and of an MLP `intermediate.dense`, `output`. */
export class NetworkLayer extends Module {
  readonly attention: { readonly self: SelfAttention; readonly output: AttentionOutput };
  readonly intermediate: { readonly dense: SmallLinear } | undefined;
  readonly output: MlpOutput | undefined;
  readonly #skip: boolean;

  constructor(options: NetworkLayerOptions) {
    super();
    const { width, mlp, skip, rng } = options;
    this.attention = { self: new SelfAttention(options), output: new AttentionOutput(options) };
    this.intermediate = mlp ? { dense: new SmallLinear(width, width, rng) } : undefined;
    this.output = mlp ? new MlpOutput(options) : undefined;
    this.#skip = skip;
  }

  override forward(x: Tensor): Tensor {
    const { self, output } = this.attention;
    return scope(() => this.#mlp(output.finish(output.forward(self.forward(x)), this.#skip ? x : undefined)));
  }

  /** What a path makes of its own tokens here: the attention is computed from them, and the MLP keeps its skip whatever the path does. */
  along(x: Tensor, { head, skip }: PathStep): Tensor {
    const { self, output } = this.attention;
    return scope(() => {
      const heads =
        head === -1 ? output.forward(self.forward(x)) : output.ofHead(self.head(x, head), self.channelsOf(head));
      return this.#mlp(skip ? output.finish(heads, x) : output.plainNorm(heads));
    });
  }

  #mlp(x: Tensor): Tensor {
    const { intermediate, output } = this;
    if (intermediate === undefined || output === undefined) return x;
    return output.forward(gelu(intermediate.dense.forward(x)), x);
  }
}

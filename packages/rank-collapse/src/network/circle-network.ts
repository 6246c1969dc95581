/** One layer of attention without any norm, fed back to itself: the smallest network in which tokens can be seen to become one (the paper's section 4.3). */
import { Linear, Module } from '@saccade/nn';
import {
  add,
  checkOptions,
  gelu,
  type Rng,
  requireCount,
  requireDivides,
  requireFlag,
  requireRng,
  requireShape,
  scope,
  type Tensor,
} from '@saccade/tensor';
import { HeadOutput, SelfAttention } from './self-attention.js';
import { SmallLinear, smallNormal } from './small-linear.js';

/** Options of the network. */
export interface CircleNetworkOptions {
  /** Channels inside. Default 32. */
  readonly width?: number | undefined;
  /** Default 2. */
  readonly heads?: number | undefined;
  /** Whether the heads are added to their input. Default false. */
  readonly skip?: boolean | undefined;
  /** An MLP of the same width behind the heads, added to its input. Default false. */
  readonly mlp?: boolean | undefined;
  /** Draws the start values. */
  readonly rng: Rng;
}

/**
 * Y = D(SA(E X)), or with a skip D(SA(E X) + E X), and M(.) + . before D where there is an MLP: points [batch, tokens, 2] -> [batch, tokens, 2]. The maps E and D
 * have no bias. State: `embed`, `self`, `output`, `inner`, `outer`, `decode`.
 */
export class CircleNetwork extends Module {
  readonly embed: Linear;
  readonly self: SelfAttention;
  readonly output: HeadOutput;
  readonly inner: SmallLinear | undefined;
  readonly outer: SmallLinear | undefined;
  readonly decode: Linear;
  readonly skip: boolean;

  /** @throws {OptionError} for sizes that are no whole numbers from 1, and heads that do not divide the width */
  constructor(options: CircleNetworkOptions) {
    super();
    const op = 'CircleNetwork';
    const names = ['width', 'heads', 'skip', 'mlp', 'rng'] as const;
    const { width = 32, heads = 2, skip = false, mlp = false } = checkOptions(op, options, names);
    const rng = requireRng(op, options.rng);
    requireCount(op, 'width', width);
    requireCount(op, 'heads', heads);
    requireDivides(op, 'heads', heads, width);
    this.skip = requireFlag(op, 'skip', skip);
    requireFlag(op, 'mlp', mlp);
    this.embed = new Linear(2, width, { rng, bias: false, initializer: smallNormal });
    this.self = new SelfAttention({ width, heads, dropout: 0, rng });
    this.output = new HeadOutput(width, rng);
    this.inner = mlp ? new SmallLinear(width, width, rng) : undefined;
    this.outer = mlp ? new SmallLinear(width, width, rng) : undefined;
    this.decode = new Linear(width, 2, { rng, bias: false, initializer: smallNormal });
  }

  /** @throws {ShapeError} unless points are [batch, tokens, 2] */
  override forward(points: Tensor): Tensor {
    requireShape('CircleNetwork', 'points', points, ['batch', 'tokens', 2]);
    return scope(() => {
      const x = this.embed.forward(points);
      const heads = this.output.forward(this.self.forward(x));
      return this.decode.forward(this.#mlp(this.skip ? add(heads, x) : heads));
    });
  }

  #mlp(x: Tensor): Tensor {
    const { inner, outer } = this;
    return inner === undefined || outer === undefined ? x : add(outer.forward(gelu(inner.forward(x))), x);
  }
}

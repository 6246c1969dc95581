/** Quadratic attention: each head's weights are a Gaussian around a centre (the paper's equation 9). */
import {
  broadcastTo,
  checkOptions,
  expandDims,
  matmul,
  mul,
  type Rng,
  range,
  requireFrom,
  requireOneOf,
  reshape,
  scope,
  square,
  stack,
  stopGradient,
  sub,
  sum,
  type Tensor,
  tensor,
  where,
} from '@saccade/tensor';
import { requireHeads } from '../heads/head-rows.js';
import type { HeadFacts } from '../read/head-report.js';
import type { Shifts } from './gather-by-shift.js';
import { type Axis, offsetsOf } from './grid.js';
import type { Scores } from './mix.js';
import {
  PositionAttention,
  type PositionAttentionConfig,
  type PositionAttentionOptions,
  positionAttentionNames,
} from './position-attention.js';
import { type Spread, spreadsOf } from './spread.js';

/**
 * The form of the precision matrix of a head: s^2 times the identity (the paper's "quadratic"), squares of one number an axis, or
 * S S^T (its "generalised quadratic").
 */
export type Covariance = 'isotropic' | 'diagonal' | 'full';

/** Options of the layer. */
export interface QuadraticAttentionOptions extends PositionAttentionOptions {
  /** Default isotropic. */
  readonly covariance?: Covariance | undefined;
  /** Deviation of the centres at the start, around the query. Default 2. */
  readonly centerDeviation?: number | undefined;
  /** Deviation of the spreads at the start, around 1. Default 0.01. */
  readonly spreadDeviation?: number | undefined;
}

/** Further options than those of all layers. */
const quadraticNames = ['covariance', 'centerDeviation', 'spreadDeviation'] as const;

/** How a layer is built. */
export interface QuadraticAttentionConfig extends PositionAttentionConfig {
  readonly covariance: Covariance;
}

/**
 * score of offset d = key - query: -1/2 (d - center)^T P (d - center), with precision P = s^2 I, diag(s^2) or S S^T; so the paper's
 * alpha is s^2 / 2. Channels and the rest as in `PositionAttention`. State: `attention_centers` [heads, dims], `attention_spreads`
 * [heads], [heads, dims] or [heads, dims, dims], and those of `PositionAttention`. Axes are in the order of the image's.
 */
export class QuadraticAttention extends PositionAttention {
  readonly covariance: Covariance;
  readonly centers: Tensor;
  readonly spreads: Tensor;
  #fixed: readonly number[] = [];

  /** @throws {OptionError} as `PositionAttention`, for an unknown covariance, or a negative deviation */
  constructor(options: QuadraticAttentionOptions) {
    const op = 'QuadraticAttention';
    checkOptions(op, options, [...positionAttentionNames, ...quadraticNames]);
    const { covariance = 'isotropic', centerDeviation = 2, spreadDeviation = 0.01, dtype, device } = options;
    requireOneOf(op, 'covariance', covariance, ['isotropic', 'diagonal', 'full']);
    requireFrom(op, 'centerDeviation', centerDeviation);
    requireFrom(op, 'spreadDeviation', spreadDeviation);
    super(op, options);
    this.covariance = covariance;
    const rng: Rng = options.rng;
    const { heads, dims } = this;
    const centers = rng.normal([heads, dims], { deviation: centerDeviation, dtype, device });
    this.centers = this.parameter('attention_centers', centers);
    const shape = { isotropic: [heads], diagonal: [heads, dims], full: [heads, dims, dims] }[covariance];
    this.spreads = this.parameter(
      'attention_spreads',
      scope(() => {
        const noise = rng.normal(shape, { deviation: spreadDeviation, dtype, device });
        return noise.add(tensor(covariance === 'full' ? identity(dims) : [1], { dtype: noise.dtype, device }));
      }),
    );
  }

  /** How the layer is built. */
  override get config(): QuadraticAttentionConfig {
    return { ...super.config, covariance: this.covariance };
  }

  /** Heads whose centre and spread training leaves as they are. */
  get fixedHeads(): readonly number[] {
    return this.#fixed;
  }

  /**
   * Holds the centres and spreads of these heads, and of no others: their gradients are 0. Values are trained on. A weight decay would still move them, so spare
   * `attention_centers` and `attention_spreads` from it. @param heads default: all @throws {OptionError} for heads that there are not
   */
  fixHeads(heads: readonly number[] = Array.from({ length: this.heads }, (_, head) => head)): void {
    this.#fixed = requireHeads('fixHeads', heads, this.heads);
  }

  /** A parameter [heads, ...] through which no gradient goes for heads that are fixed. */
  #free(parameter: Tensor): Tensor {
    if (this.#fixed.length === 0) return parameter;
    const mask = Uint8Array.from({ length: this.heads }, (_, head) => Number(this.#fixed.includes(head)));
    const shape = parameter.shape.map((_, axis) => (axis === 0 ? this.heads : 1));
    const isFixed = tensor(mask, { shape, dtype: 'bool', device: parameter.device });
    return where(isFixed, stopGradient(parameter), parameter);
  }

  protected override scores(axes: readonly Axis[]): Scores {
    const [centers, spreads] = [this.#free(this.centers), this.#free(this.spreads)];
    if (this.covariance === 'full') return { kind: 'joint', table: this.#jointTable(axes, centers, spreads) };
    return { kind: 'separable', tables: axes.map((axis, i) => this.#axisTable(axis, i, centers, spreads)) };
  }

  /** [heads, offsets] along axis i. */
  #axisTable(axis: Axis, i: number, centers: Tensor, spreads: Tensor): Tensor {
    const away = sub(offsets(axis, centers), centers.at(':', `${i}:${i + 1}`));
    const s = this.covariance === 'isotropic' ? expandDims(spreads, 1) : spreads.at(':', `${i}:${i + 1}`);
    return mul(square(mul(s, away)), -0.5);
  }

  /** [heads, offsets of all axes]: -1/2 |S^T (d - center)|^2. */
  #jointTable(axes: readonly Axis[], centers: Tensor, spreads: Tensor): Tensor {
    const { heads, dims } = this;
    const counts = axes.map((axis) => offsetsOf(axis).count);
    const size = counts.reduce((a, b) => a * b, 1);
    const grid = axes.map((axis, i) => {
      const along = offsets(axis, centers).reshape(counts.map((count, j) => (i === j ? count : 1)));
      return reshape(broadcastTo(along, counts), [size]);
    });
    const away = sub(stack(grid), reshape(centers, [heads, dims, 1]));
    return mul(sum(square(matmul(spreads, away, { transposeA: true })), { axis: 1 }), -0.5);
  }

  /** alpha = s^2 / 2 of each head; the stable scores of its centre are 0, so what lies outside costs at least alpha. */
  override sink(): Tensor | undefined {
    if (this.window.border.kind !== 'sink') return undefined;
    const { heads } = this;
    const spreads = this.#free(this.spreads);
    if (this.covariance === 'isotropic') return mul(square(spreads), -0.25);
    // The mean of the precision's diagonal takes the place of s^2.
    const rows = reshape(square(spreads), [heads, spreads.size / heads]);
    return mul(sum(rows, { axis: 1 }), -0.25 / this.dims);
  }

  /** Centre and precision of each head in float64. Reads the parameters. @throws {DeviceError} on a GPU, whose memory the CPU does not see */
  spreadsNow(): Spread[] {
    return spreadsOf(this.centers, this.spreads, this.covariance, this.dims);
  }

  override shifts(elsewhere: number): Shifts | undefined {
    const spreads = this.spreadsNow();
    const sink = this.window.border.kind === 'sink';
    return spreads.every((spread) => spread.looksElsewhere(sink) <= elsewhere)
      ? spreads.map(({ center }) => center.map((c) => Math.round(c) || 0))
      : undefined;
  }

  override reaches(): number[] {
    return this.spreadsNow().map(({ reach }) => reach);
  }

  override headFacts(): HeadFacts[] {
    return this.spreadsNow().map(({ center, alpha, conditionNumber, degenerate }) => ({
      center,
      alpha,
      conditionNumber,
      degenerate,
    }));
  }
}

/** The offsets of an axis, in the type of the parameters. */
function offsets(axis: Axis, like: Tensor): Tensor {
  const { low, count } = offsetsOf(axis);
  return range(low, low + count, 1, { dtype: like.dtype, device: like.device });
}

/** The rows of the identity. */
function identity(n: number): number[][] {
  return Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => Number(i === j)));
}

/** Attention whose scores depend on where query and key stand, and on nothing else: what all layers that are convolutions share. */
import { Module } from '@saccade/nn';
import {
  add,
  checkOptions,
  type Device,
  type DType,
  expandDims,
  matmul,
  OptionError,
  type Rng,
  requireCount,
  requireOneOf,
  requireRng,
  reshape,
  ShapeError,
  scope,
  show,
  type Tensor,
  transpose,
  zeros,
} from '@saccade/tensor';
import { effectiveKernel } from '../read/effective-kernel.js';
import type { HeadFacts } from '../read/head-report.js';
import { type EffectiveConvolution, toConv } from '../read/to-conv.js';
import { extend } from './border.js';
import { gatherByShift, headMaps, type Shifts } from './gather-by-shift.js';
import { type Axis, around, keysOf, queriesOf } from './grid.js';
import { jointTable, mix, type Scores, sumSeparable, weightsOf } from './mix.js';
import { axesFor, checkWindow, everyPixel, type Window } from './window.js';

/** How a layer computes: all ways give the same, but for rounding. */
export type Evaluation = 'auto' | 'separable' | 'tiled' | 'hard';

/** Options of one call. */
export interface ForwardOptions {
  /**
   * `separable`: axis by axis, where scores are sums over axes. `tiled`: any scores, tile by tile of queries. `hard`: a gather by
   * shifts, for heads that look at one pixel each. `auto` (default) takes the fastest that is right; it takes `hard` where less than
   * 1e-20 of the weight lies elsewhere, on devices whose memory the CPU sees.
   */
  readonly evaluation?: Evaluation | undefined;
}

/** What all position-only layers are built from. */
export interface PositionAttentionOptions {
  /** Axes of the images, 1 to 3. Default 2. */
  readonly dims?: number | undefined;
  /** Channels that come in. */
  readonly inputs: number;
  /** Channels that go out. Default: as many. */
  readonly outputs?: number | undefined;
  readonly heads: number;
  /** Adds a bias to the output. Default true. */
  readonly bias?: boolean | undefined;
  /** Channels that each head makes of the inputs before it mixes them, by its own map. Default: none, heads mix the inputs themselves. */
  readonly headChannels?: number | undefined;
  /** Where the queries stand and what lies around the image. Default: one query a pixel, and nothing. */
  readonly window?: Window | undefined;
  /** Element type. Default float32. */
  readonly dtype?: DType | undefined;
  /** Where the parameters live. Default: the current device. */
  readonly device?: Device | undefined;
  /** Draws the start values. */
  readonly rng: Rng;
}

/** The names of these options. */
export const positionAttentionNames = [
  'dims',
  'inputs',
  'outputs',
  'heads',
  'bias',
  'headChannels',
  'window',
  'dtype',
  'device',
  'rng',
] as const;

/** How the layer is built, as plain data. */
export interface PositionAttentionConfig {
  readonly dims: number;
  readonly inputs: number;
  readonly outputs: number;
  readonly heads: number;
  readonly bias: boolean;
  readonly headChannels: number | undefined;
  readonly window: Window;
}

/**
 * out_q = bias + sum_h (sum_k P^h[q, k] X_k) W^h, where P^h = softmax of a score of k - q: images [batch, ...spatial, inputs] ->
 * [batch, ...queries, outputs]. State: `value.weight` [outputs, heads inputs], head after head, and `value.bias`; where heads have
 * channels of their own, `projection` [heads, inputs, headChannels] too, and `value.weight` is [outputs, heads headChannels].
 */
export abstract class PositionAttention extends Module<[images: Tensor, options?: ForwardOptions]> {
  readonly dims: number;
  readonly inputs: number;
  readonly outputs: number;
  readonly heads: number;
  readonly headChannels: number | undefined;
  readonly window: Window;
  readonly weight: Tensor;
  readonly bias: Tensor | undefined;
  readonly projection: Tensor | undefined = undefined;

  /** @throws {OptionError} for sizes that are no whole numbers from 1, more than 3 axes, or a window that does not fit them */
  constructor(op: string, options: PositionAttentionOptions) {
    super();
    const { dims = 2, inputs, outputs = inputs, heads, bias = true, headChannels, dtype = 'float32' } = options;
    this.dims = requireCount(op, 'dims', dims, 1, 3);
    this.inputs = requireCount(op, 'inputs', inputs);
    this.outputs = requireCount(op, 'outputs', outputs);
    this.heads = requireCount(op, 'heads', heads, 0);
    this.headChannels = headChannels === undefined ? undefined : requireCount(op, 'headChannels', headChannels);
    this.window = options.window ?? everyPixel(dims);
    checkWindow(op, this.window, dims);
    const rng = requireRng(op, options.rng);
    const { device } = options;
    const uniform = (shape: readonly number[], bound: number): Tensor =>
      rng.uniform(shape, { low: -bound, high: bound, dtype, device });
    const width = heads * (headChannels ?? inputs);
    const bound = 1 / Math.sqrt(Math.max(1, width));
    this.weight = this.parameter('value.weight', uniform([outputs, width], bound));
    this.bias = bias ? this.parameter('value.bias', uniform([outputs], bound)) : undefined;
    if (headChannels === undefined) return;
    this.projection = this.parameter('projection', uniform([heads, inputs, headChannels], 1 / Math.sqrt(inputs)));
  }

  /** The scores of all offsets that occur on a grid. */
  protected abstract scores(axes: readonly Axis[]): Scores;

  /** Logits [heads] of the sink, where the border is one. */
  abstract sink(): Tensor | undefined;

  /** The pixel that each head looks at, if it looks at one alone: a share of at most `elsewhere` lies on others. */
  abstract shifts(elsewhere: number): Shifts | undefined;

  /** For each head the radius around the query beyond which it has no weight worth telling (below e^-40 of the largest), or Infinity. */
  abstract reaches(): number[];

  /** What the parameters say of each head. */
  abstract headFacts(): HeadFacts[];

  get #op(): string {
    return this.constructor.name;
  }

  /** How the layer is built. */
  get config(): PositionAttentionConfig {
    const { dims, inputs, outputs, heads, headChannels, window } = this;
    return { dims, inputs, outputs, heads, bias: this.bias !== undefined, headChannels, window };
  }

  /** @throws {ShapeError} unless images are [batch, ...spatial, inputs] and large enough @throws {OptionError} for an evaluation that the layer cannot do */
  override forward(images: Tensor, options: ForwardOptions = {}): Tensor {
    const { evaluation = 'auto' } = checkOptions(this.#op, options, ['evaluation']);
    requireOneOf(this.#op, 'evaluation', evaluation, ['auto', 'separable', 'tiled', 'hard']);
    const axes = this.axesOf(images);
    return scope(() => {
      const x = this.extended(images);
      const out = this.#mixed(x, axes, evaluation);
      return this.bias === undefined ? out : add(out, this.bias);
    });
  }

  /** The extents of the images. @throws {ShapeError} unless they are [batch, ...spatial, inputs] */
  protected requireImages(images: Tensor): readonly number[] {
    const fits = images?.rank === this.dims + 2 && images.shape.at(-1) === this.inputs;
    if (fits) return images.shape.slice(1, -1);
    const axes = ['length', 'height, width', 'depth, height, width'][this.dims - 1];
    const hint = images?.shape?.[1] === this.inputs ? '; channels come last here' : '';
    const got = images?.shape === undefined ? 'no tensor' : show(images.shape);
    throw new ShapeError(`${this.#op}: images must be [batch, ${axes}, ${this.inputs}], got ${got}${hint}`);
  }

  /** @internal The grid of queries and keys for images. @throws {ShapeError} unless they fit */
  axesOf(images: Tensor): Axis[] {
    return axesFor(this.#op, this.window, this.requireImages(images));
  }

  /** @internal The images as their keys stand: with what the border puts around them. */
  extended(images: Tensor): Tensor {
    const { border } = this.window;
    return border.kind === 'pad' ? extend(this.#op, images, border.mode, border.widths) : images;
  }

  /** All but the bias. */
  #mixed(x: Tensor, axes: readonly Axis[], evaluation: Evaluation): Tensor {
    if (this.heads === 0) {
      const { dtype, device } = x;
      return zeros([x.shape[0] as number, ...axes.map(queriesOf), this.outputs], { dtype, device });
    }
    const hard = evaluation === 'hard' || (evaluation === 'auto' && x.device.readSync !== undefined);
    const shifts = hard ? this.shifts(evaluation === 'hard' ? HARD_ENOUGH : 1e-20) : undefined;
    if (shifts !== undefined && shifts.length > 0) {
      return gatherByShift(this.#op, x, this.maps(), shifts, axes, this.window.border);
    }
    if (evaluation === 'hard') throw new OptionError(`${this.#op}: not every head looks at one pixel alone`);
    const scores = this.scores(axes);
    if (evaluation === 'separable' && scores.kind !== 'separable') {
      throw new OptionError(`${this.#op}: these scores are no sums over axes; 'tiled' evaluates them`);
    }
    return this.#soft(x, axes, scores, evaluation === 'tiled');
  }

  /** Channels before pixels where that leaves fewer of them to mix, and never more than one matrix product behind the mixing. */
  #soft(x: Tensor, axes: readonly Axis[], scores: Scores, tiled: boolean): Tensor {
    const { heads, projection, weight, outputs, inputs } = this;
    const sink = this.sink();
    const [batch, pixels] = [x.shape[0] as number, x.shape.slice(1, -1)];
    const perHead = (maps: Tensor): Tensor => {
      const rows = reshape(x, [batch, 1, pixels.reduce((a, b) => a * b, 1), inputs]);
      return reshape(matmul(rows, expandDims(maps, 0)), [batch, heads, ...pixels, maps.shape[2] as number]);
    };
    const first = projection === undefined && outputs <= inputs && sink === undefined && !tiled;
    if (first && scores.kind === 'separable') {
      return sumSeparable(perHead(headMaps(weight, heads)), scores.tables, axes);
    }
    const source = projection === undefined ? expandDims(x, 1) : perHead(projection);
    const mixed = mix(source, { scores, axes, sink }, tiled);
    // [batch, heads, ...queries, channels] -> [batch, ...queries, heads channels]
    const order = [0, ...axes.map((_, i) => i + 2), 1, this.dims + 2];
    const joined = transpose(mixed, order);
    return matmul(reshape(joined, [...joined.shape.slice(0, -2), weight.shape[1] as number]), weight, {
      transposeB: true,
    });
  }

  /** The weights of the queries [from, to) for images of this shape, row by row: [1, heads, to - from, keys], keys as the border extends them. */
  weightsFor(images: Tensor, from: number, to: number): Tensor {
    const axes = this.axesOf(images);
    return scope(() => expandDims(weightsOf(jointTable(this.scores(axes)), axes, from, to, this.sink()), 0));
  }

  /** W^h of each head: [heads, inputs, outputs]. */
  maps(): Tensor {
    const { heads, inputs, outputs } = this;
    if (heads === 0) return zeros([0, inputs, outputs], { dtype: this.weight.dtype, device: this.weight.device });
    return scope(() => {
      const own = headMaps(this.weight, heads);
      return this.projection === undefined ? own : matmul(this.projection, own);
    });
  }

  /**
   * The kernel that this layer amounts to: [outputs, inputs, ...], 2 radius + 1 taps along each axis, for a query in the middle of an image of that size.
   * @throws {OptionError} unless the radius is a whole number from 0
   */
  effectiveKernel(radius: number): Tensor {
    return effectiveKernel(this, radius);
  }

  /** The smallest convolution that this layer amounts to, within `tolerance` for images whose values lie within 1 of each other: see `toConv`. @throws {OptionError} */
  toConv(tolerance = 1e-6): EffectiveConvolution {
    return toConv(this, tolerance);
  }

  /** The scores of all heads over the offsets -radius ... radius of each axis, in row-major order: [heads, offsets]. @throws {OptionError} unless the radius is a whole number from 0 */
  scoresAround(radius: number): Tensor {
    requireCount(this.#op, 'radius', radius, 0);
    return scope(() => jointTable(this.scores(new Array<Axis>(this.dims).fill(around(radius)))));
  }

  /** Each head's attention around a query, over the offsets -radius ... radius of each axis: [heads, ...]. They add up to 1, less what a sink takes. */
  probabilities(radius: number): Tensor {
    requireCount(this.#op, 'radius', radius, 0);
    return scope(() => {
      const axes = new Array<Axis>(this.dims).fill(around(radius));
      const weights = weightsOf(jointTable(this.scores(axes)), axes, 0, 1, this.sink());
      return reshape(weights, [this.heads, ...axes.map(keysOf)]);
    });
  }
}

/** Share of the weight elsewhere with which 'hard', asked for by name, is taken. */
const HARD_ENOUGH = 1e-6;

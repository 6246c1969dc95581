/** ConViT's layer: each head mixes what its content says with what its place says, by a gate that is learned (d'Ascoli et al. 2021). */
import { Linear, Module, splitHeads } from '@saccade/nn';
import {
  add,
  assign,
  checkOptions,
  concat,
  crop,
  eye,
  mul,
  neg,
  type Rng,
  range,
  requireCount,
  requireDivides,
  requireFlag,
  requireFrom,
  requireRng,
  reshape,
  ShapeError,
  scope,
  show,
  sigmoid,
  square,
  type Tensor,
  tensor,
  transpose,
} from '@saccade/tensor';
import type { HeadFacts } from '../read/head-report.js';
import { attend, attendWeights, type Content } from './attend.js';
import { headMaps } from './gather-by-shift.js';
import { type Axis, around, keysOf, offsetsOf } from './grid.js';
import { jointTable, mixSeparable, weightsOf } from './mix.js';
import { axesFor, everyPixel } from './window.js';

/** Options of the layer. */
export interface GatedPositionalAttentionOptions {
  /** Axes of the images, 1 to 3. Default 2. */
  readonly dims?: number | undefined;
  readonly channels: number;
  readonly heads: number;
  /** Whether the maps of queries, keys and values have biases. Default false. */
  readonly qkvBias?: boolean | undefined;
  /** Whether heads start as the taps of a kernel: as many along each axis as fit into the heads. Default true. */
  readonly localInit?: boolean | undefined;
  /** Alpha of the heads at the start. Default 1, which is not yet a convolution. */
  readonly localityStrength?: number | undefined;
  /** Draws the start values. */
  readonly rng: Rng;
}

const names = ['dims', 'channels', 'heads', 'qkvBias', 'localInit', 'localityStrength', 'rng'] as const;

/** How a layer is built. */
export interface GatedPositionalAttentionConfig {
  readonly dims: number;
  readonly channels: number;
  readonly heads: number;
  readonly qkvBias: boolean;
}

/**
 * (1 - sigma(gate)) softmax(q k^T / sqrt(d)) + sigma(gate) softmax(w . (offset, |offset|^2) + b) in each head, times values, then one more map: [batch,
 * ...spatial, channels] -> the same. State as in facebookresearch/convit: `qk.weight`, `v.weight`, `proj.weight`, `proj.bias`, `pos_proj.weight` [heads, dims +
 * 1], `pos_proj.bias`, `gating_param`. Position weights are for the offset along the last axis first, and for the squared distance last.
 */
export class GatedPositionalAttention extends Module {
  readonly dims: number;
  readonly channels: number;
  readonly heads: number;
  readonly qk: Linear;
  readonly v: Linear;
  readonly proj: Linear;
  readonly posProj: Linear;
  readonly gate: Tensor;

  /** @throws {OptionError} for sizes that are no whole numbers from 1, or heads that do not divide the channels */
  constructor(options: GatedPositionalAttentionOptions) {
    super();
    const op = 'GatedPositionalAttention';
    const {
      dims = 2,
      channels,
      heads,
      qkvBias = false,
      localInit = true,
      localityStrength = 1,
    } = checkOptions(op, options, names);
    const rng = requireRng(op, options.rng);
    this.dims = requireCount(op, 'dims', dims, 1, 3);
    this.channels = requireCount(op, 'channels', channels);
    requireCount(op, 'heads', heads);
    this.heads = requireDivides(op, 'heads', heads, channels);
    requireFlag(op, 'qkvBias', qkvBias);
    requireFlag(op, 'localInit', localInit);
    requireFrom(op, 'localityStrength', localityStrength);
    this.qk = new Linear(channels, 2 * channels, { rng, bias: qkvBias });
    this.v = new Linear(channels, channels, { rng, bias: qkvBias });
    this.proj = new Linear(channels, channels, { rng });
    this.posProj = new Linear(dims + 1, heads, { rng });
    this.gate = this.parameter('gating_param', tensor(new Array<number>(heads).fill(1)));
    if (localInit) this.#startLocal(localityStrength);
  }

  /** How the layer is built. */
  get config(): GatedPositionalAttentionConfig {
    const { dims, channels, heads } = this;
    return { dims, channels, heads, qkvBias: this.v.bias !== undefined };
  }

  /** Values pass as they are, and head i_0 + K i_1 + ... looks at (i_0, i_1, ...) from the middle of a kernel of K taps an axis. */
  #startLocal(alpha: number): void {
    const { dims, heads, channels } = this;
    const taps = Math.floor(heads ** (1 / dims) + 1e-9);
    const middle = taps % 2 === 0 ? (taps - 1) / 2 : Math.floor(taps / 2);
    const local = Array.from({ length: taps ** dims }, (_, head) => {
      const row = new Array<number>(dims + 1).fill(-alpha);
      for (let axis = 0, rest = head; axis < dims; axis++, rest = Math.floor(rest / taps)) {
        // -alpha |d - c|^2 = alpha (2 c . d - |d|^2) and a constant.
        row[dims - 1 - axis] = 2 * alpha * ((rest % taps) - middle);
      }
      return row;
    });
    scope(() => {
      assign(this.v.weight, eye(channels));
      const { weight } = this.posProj;
      // Heads beyond the kernel's stay as they are.
      const others = crop(weight, [local.length, 0], [heads - local.length, dims + 1]);
      assign(weight, concat([tensor(local), others]));
    });
  }

  /** @throws {ShapeError} unless images are [batch, ...spatial, channels] */
  override forward(images: Tensor): Tensor {
    const extents = this.#requireImages(images);
    return scope(() => {
      const axes = axesFor('GatedPositionalAttention', everyPixel(this.dims), extents);
      const content = this.#content(images);
      const [batch, heads, length, width] = content.value.shape as [number, number, number, number];
      const byPlace = mixSeparable(reshape(content.value, [batch, heads, ...extents, width]), this.#tables(axes), axes);
      const share = reshape(sigmoid(this.gate), [heads, 1, 1]);
      const mixed = add(
        mul(sigmoid(neg(reshape(this.gate, [heads, 1, 1]))), attend(content, undefined)),
        mul(share, reshape(byPlace, [batch, heads, length, width])),
      );
      return this.proj.forward(reshape(transpose(mixed, [0, 2, 1, 3]), images.shape));
    });
  }

  #requireImages(images: Tensor): readonly number[] {
    if (images?.rank === this.dims + 2 && images.shape.at(-1) === this.channels) return images.shape.slice(1, -1);
    const axes = ['length', 'height, width', 'depth, height, width'][this.dims - 1];
    const got = images?.shape === undefined ? 'no tensor' : show(images.shape);
    throw new ShapeError(`GatedPositionalAttention: images must be [batch, ${axes}, ${this.channels}], got ${got}`);
  }

  #content(images: Tensor): Content {
    const { channels, heads } = this;
    const [batch] = images.shape as [number];
    const flat = reshape(images, [batch, images.size / (batch * channels), channels]);
    const both = this.qk.forward(flat);
    const size = [batch, flat.shape[1] as number, channels];
    const half = (i: number): Tensor => splitHeads(crop(both, [0, 0, i * channels], size), heads);
    return {
      query: half(0),
      key: half(1),
      value: splitHeads(this.v.forward(flat), heads),
      scale: 1 / Math.sqrt(channels / heads),
    };
  }

  /** w_i d_i + w_last d_i^2 for each axis: [heads, offsets]. The bias is the same for all keys. */
  #tables(axes: readonly Axis[]): Tensor[] {
    const { dims, heads } = this;
    const { weight } = this.posProj;
    const column = (i: number): Tensor => crop(weight, [0, i], [heads, 1]);
    return axes.map((axis, i) => {
      const { low, count } = offsetsOf(axis);
      const d = range(low, low + count, 1, { dtype: weight.dtype, device: weight.device });
      return add(mul(column(dims - 1 - i), d), mul(column(dims), square(d)));
    });
  }

  /** The weights of the queries [from, to) of the image, row by row: [batch, heads, to - from, keys]. */
  weightsFor(images: Tensor, from: number, to: number): Tensor {
    const extents = this.#requireImages(images);
    return scope(() => {
      const axes = axesFor('GatedPositionalAttention', everyPixel(this.dims), extents);
      const place = weightsOf(jointTable({ kind: 'separable', tables: this.#tables(axes) }), axes, from, to, undefined);
      const gate = reshape(this.gate, [this.heads, 1, 1]);
      const content = attendWeights(this.#content(images), undefined, from, to);
      return add(mul(sigmoid(neg(gate)), content), mul(sigmoid(gate), place));
    });
  }

  /** Each head's attention by place around a query, over the offsets -radius ... radius of each axis: [heads, ...]. */
  probabilities(radius: number): Tensor {
    requireCount('GatedPositionalAttention', 'radius', radius, 0);
    return scope(() => {
      const axes = new Array<Axis>(this.dims).fill(around(radius));
      const weights = weightsOf(jointTable({ kind: 'separable', tables: this.#tables(axes) }), axes, 0, 1, undefined);
      return reshape(weights, [this.heads, ...axes.map(keysOf)]);
    });
  }

  /** What each head does with a pixel that it attends to: [heads, channels, channels]. */
  maps(): Tensor {
    return scope(() => {
      const { heads, channels } = this;
      const values = reshape(this.v.weight, [heads, channels / heads, channels]);
      return transpose(values, [0, 2, 1]).matmul(headMaps(this.proj.weight, heads));
    });
  }

  /** alpha = -w_last and center = -w / (2 w_last), axes in the image's order; none where w_last is not below 0. */
  headFacts(): HeadFacts[] {
    const { dims, heads } = this;
    const weights = this.posProj.weight.dataSync();
    const gates = this.gate.dataSync();
    return Array.from({ length: heads }, (_, h) => {
      const own = Array.from(weights.subarray(h * (dims + 1), (h + 1) * (dims + 1)));
      const last = own[dims] as number;
      const positionShare = 1 / (1 + Math.exp(-(gates[h] as number)));
      if (!(last < 0)) return { degenerate: true, positionShare };
      const center = Array.from({ length: dims }, (_, i) => -(own[dims - 1 - i] as number) / (2 * last) || 0);
      return { center, alpha: -last, degenerate: 2 * -last < 1e-5, positionShare };
    });
  }
}

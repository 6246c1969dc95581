/** Attention of layers that look at content, averaged over images and queries by offset: where heads look in fact, and how much that depends on the image. */
import { checkOptions, OptionError, requireCount, ShapeError, show, type Tensor, tensor } from '@saccade/tensor';
import { type Axis, keysOf, queriesOf, total } from '../layers/grid.js';
import { axesFor, everyPixel, type Window } from '../layers/window.js';
import type { HeadFacts } from './head-report.js';

/** A layer that gives the weights of its queries on images: all layers of this package. */
export interface ImageAttention {
  readonly heads: number;
  readonly window?: Window | undefined;
  /** Of the queries [from, to): [batch or 1, heads, to - from, keys]. */
  weightsFor(images: Tensor, from: number, to: number): Tensor;
}

/** Options of `alignedAttention`. */
export interface AlignedAttentionOptions {
  /** Offsets -radius ... radius along each axis are kept. Default: as far as a query at one end sees to the other, at most 16. */
  readonly radius?: number | undefined;
  /** Stops between tiles of queries. */
  readonly signal?: AbortSignal | undefined;
  /** Called with the share that is done. */
  readonly onProgress?: ((done: number) => void) | undefined;
}

/** Mean weights by offset; `headReport`, `headsSvg` and `drawHeads` take it like a layer. */
export class AlignedAttention {
  readonly dims: number;
  readonly heads: number;
  readonly radius: number;
  /** [heads, ...offsets]: the mean over images and over those queries that have a key there. */
  readonly mean: Float64Array;
  /**
   * For each head the variance over images of a query's weight on a key, summed over keys and averaged over queries: 0 for heads that look at positions alone,
   * below 1.
   */
  readonly contentVariance: readonly number[];

  /** @internal */
  constructor(dims: number, heads: number, radius: number, mean: Float64Array, contentVariance: readonly number[]) {
    this.dims = dims;
    this.heads = heads;
    this.radius = radius;
    this.mean = mean;
    this.contentVariance = contentVariance;
  }

  /** The means over the offsets -radius ... radius: [heads, ...]. @throws {OptionError} for a radius beyond that of the means */
  probabilities(radius: number): Tensor {
    requireCount('AlignedAttention', 'radius', radius, 0, this.radius);
    const [own, extent] = [2 * this.radius + 1, 2 * radius + 1];
    const shape = [this.heads, ...new Array<number>(this.dims).fill(extent)];
    const size = extent ** this.dims;
    const kept = Float32Array.from({ length: this.heads * size }, (_, i) => {
      let [place, stride] = [0, 1];
      for (let axis = 0, rest = i % size; axis < this.dims; axis++, rest = Math.floor(rest / extent)) {
        place += ((rest % extent) + this.radius - radius) * stride;
        stride *= own;
      }
      return this.mean[Math.floor(i / size) * own ** this.dims + place] as number;
    });
    return tensor(kept, { shape });
  }

  headFacts(): HeadFacts[] {
    return Array.from({ length: this.heads }, () => ({ degenerate: false }));
  }
}

/** Values in the weights of one tile of queries, 16 MB. */
const TILE = 2 ** 22;
const MOST_RADIUS = 16;

/**
 * Averages what each head attends to over images and queries, aligned by offset = key - query (the paper's figures 5 and 6).
 * @param images [batch, ...spatial, channels]; variances are over them, so of one image they are 0
 * @throws {ShapeError} for images that do not fit, or none @throws {OptionError} for a radius that is no whole number from 0 @throws the signal's reason
 */
export async function alignedAttention(
  layer: ImageAttention,
  images: Tensor,
  options: AlignedAttentionOptions = {},
): Promise<AlignedAttention> {
  const op = 'alignedAttention';
  const { radius: asked, signal, onProgress } = checkOptions(op, options, ['radius', 'signal', 'onProgress']);
  if (!(images?.rank >= 3 && images.rank <= 5) || images.size === 0) {
    const got = images?.shape === undefined ? 'no tensor' : show(images.shape);
    throw new ShapeError(`${op}: images must be [batch, ...spatial, channels], one or more of them, got ${got}`);
  }
  const extents = images.shape.slice(1, -1);
  const axes = axesFor(op, layer.window ?? everyPixel(extents.length), extents);
  const radius = asked ?? Math.min(MOST_RADIUS, Math.max(...extents) - 1);
  requireCount(op, 'radius', radius, 0);
  const sums = new Sums(layer.heads, axes, radius);
  const [queries, keys] = [total(axes, queriesOf), total(axes, keysOf)];
  const tile = Math.max(1, Math.floor(TILE / (images.shape[0]! * Math.max(1, layer.heads) * keys)));
  for (let from = 0; from < queries; from += tile) {
    signal?.throwIfAborted();
    const to = Math.min(queries, from + tile);
    const weights = layer.weightsFor(images, from, to);
    try {
      sums.add(await weights.data(), weights.shape[0] as number, from, to);
    } finally {
      weights.dispose();
    }
    onProgress?.(to / queries);
  }
  return sums.result();
}

/** Offsets that the means of one head may have. */
const MOST_OFFSETS = 2 ** 24;

/** What is summed up over tiles. */
class Sums {
  readonly #axes: readonly Axis[];
  readonly #heads: number;
  readonly #radius: number;
  readonly #size: number;
  /** [heads, offsets]. */
  readonly #means: Float64Array;
  /** Queries that have a key at each offset. */
  readonly #counts: Float64Array;
  readonly #variances: Float64Array;

  constructor(heads: number, axes: readonly Axis[], radius: number) {
    this.#axes = axes;
    this.#heads = heads;
    this.#radius = radius;
    this.#size = (2 * radius + 1) ** axes.length;
    if (!(heads * this.#size <= MOST_OFFSETS)) {
      throw new OptionError(`alignedAttention: radius ${radius} is too large: ${heads} heads of ${this.#size} offsets`);
    }
    this.#means = new Float64Array(heads * this.#size);
    this.#counts = new Float64Array(this.#size);
    this.#variances = new Float64Array(heads);
  }

  /** @param weights [batch, heads, to - from, keys] */
  add(weights: ArrayLike<number>, batch: number, from: number, to: number): void {
    const keys = total(this.#axes, keysOf);
    const each = this.#heads * (to - from) * keys;
    for (let query = from; query < to; query++) {
      const offsets = this.#offsetsOf(query);
      for (const offset of offsets) if (offset >= 0) this.#counts[offset]!++;
      for (let head = 0; head < this.#heads; head++) {
        const row = (head * (to - from) + query - from) * keys;
        for (let key = 0; key < keys; key++) this.#addOne(weights, row + key, batch, each, head, offsets[key]!);
      }
    }
  }

  /** One query's weight on one key, over all images. */
  #addOne(weights: ArrayLike<number>, at: number, batch: number, each: number, head: number, offset: number): void {
    let mean = 0;
    for (let i = 0; i < batch; i++) mean += weights[at + i * each]! / batch;
    let variance = 0;
    for (let i = 0; i < batch; i++) variance += (weights[at + i * each]! - mean) ** 2 / batch;
    this.#variances[head]! += variance;
    if (offset >= 0) this.#means[head * this.#size + offset]! += mean;
  }

  /** For each key the place of its offset from the query, -1 beyond the radius. */
  #offsetsOf(query: number): Int32Array {
    const extent = 2 * this.#radius + 1;
    let places = Int32Array.of(0);
    for (const [i, { first, keys, stride, queries }] of this.#axes.entries()) {
      const behind = total(this.#axes.slice(i + 1), queriesOf);
      const low = first - (Math.floor(query / behind) % queries) * stride + this.#radius;
      const before = places;
      places = new Int32Array(before.length * keys);
      for (let j = 0; j < places.length; j++) {
        const [outer, offset] = [before[Math.floor(j / keys)]!, low + (j % keys)];
        places[j] = outer < 0 || offset < 0 || offset >= extent ? -1 : outer * extent + offset;
      }
    }
    return places;
  }

  result(): AlignedAttention {
    const mean = this.#means.map((sum, i) => sum / Math.max(1, this.#counts[i % this.#size]!));
    const queries = total(this.#axes, queriesOf);
    const variances = Array.from(this.#variances, (sum) => sum / queries);
    return new AlignedAttention(this.#axes.length, this.#heads, this.#radius, mean, variances);
  }
}

/** Ordinary attention over the pixels of an image: scores of content alone, as in BERT. */
import { Linear, Module, splitHeads } from '@saccade/nn';
import {
  checkOptions,
  type Rng,
  requireCount,
  requireDivides,
  requireRng,
  reshape,
  ShapeError,
  scope,
  show,
  type Tensor,
  transpose,
} from '@saccade/tensor';
import { attend, attendWeights, type Content } from './attend.js';

/** Options of the layer. */
export interface ContentAttentionOptions {
  readonly channels: number;
  readonly heads: number;
  /** Draws the start values. */
  readonly rng: Rng;
}

/**
 * softmax(q k^T / sqrt(channels / heads)) v in each head, over all pixels: [batch, ...spatial, channels] -> the same, any number of axes. State: `query`, `key`,
 * `value`, each with `weight` and `bias`. It knows no positions: a shuffled image gives the shuffled result.
 */
export class ContentAttention extends Module {
  readonly channels: number;
  readonly heads: number;
  readonly query: Linear;
  readonly key: Linear;
  readonly value: Linear;

  /** @throws {OptionError} for sizes that are no whole numbers from 1, or heads that do not divide the channels */
  constructor(options: ContentAttentionOptions) {
    super();
    const op = 'ContentAttention';
    const { channels, heads } = checkOptions(op, options, ['channels', 'heads', 'rng']);
    const rng = requireRng(op, options.rng);
    this.channels = requireCount(op, 'channels', channels);
    requireCount(op, 'heads', heads);
    this.heads = requireDivides(op, 'heads', heads, channels);
    this.query = new Linear(channels, channels, { rng });
    this.key = new Linear(channels, channels, { rng });
    this.value = new Linear(channels, channels, { rng });
  }

  /** @throws {ShapeError} unless images are [batch, ...spatial, channels] */
  override forward(images: Tensor): Tensor {
    return scope(() => {
      const mixed = attend(this.#content(images), undefined);
      return reshape(transpose(mixed, [0, 2, 1, 3]), images.shape);
    });
  }

  /** The weights of the queries [from, to) of the image, row by row: [batch, heads, to - from, keys]. */
  weightsFor(images: Tensor, from: number, to: number): Tensor {
    return scope(() => attendWeights(this.#content(images), undefined, from, to));
  }

  #content(images: Tensor): Content {
    const { channels, heads } = this;
    if (!(images?.rank >= 3 && images.shape.at(-1) === channels)) {
      const got = images?.shape === undefined ? 'no tensor' : show(images.shape);
      throw new ShapeError(`ContentAttention: images must be [batch, ...spatial, ${channels}], got ${got}`);
    }
    const pixels = images.shape.slice(1, -1).reduce((a, b) => a * b, 1);
    const flat = reshape(images, [images.shape[0] as number, pixels, channels]);
    const [query, key, value] = [this.query, this.key, this.value].map((map) => splitHeads(map.forward(flat), heads));
    return { query, key, value, scale: 1 / Math.sqrt(channels / heads) } as Content;
  }
}

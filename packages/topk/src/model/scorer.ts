/** The small network that says how much each place of a picture matters. */
import { type Conv2d, Module } from '@saccade/nn';
import {
  checkOptions,
  maxPool,
  type Rng,
  relu,
  requireCount,
  requireCounts,
  requireRng,
  requireShape,
  ShapeError,
  scope,
  squeeze,
  type Tensor,
} from '@saccade/tensor';
import { flaxConvolution } from './flax-layers.js';
import { SqueezeExcite } from './squeeze-excite.js';

/** Options of the scorer. */
export interface ScorerOptions {
  /** Draws the start values. */
  readonly rng: Rng;
  /** Channels of the pictures. Default 3. */
  readonly inChannels?: number | undefined;
  /** Channels behind each convolution but the last, which has 1. Default [8, 16, 32]. */
  readonly channels?: readonly number[] | undefined;
  /** So many scores in a row and in a column become one, their maximum. Default 8. */
  readonly pool?: number | undefined;
  /** Weighs the channels behind each of these convolutions but the first. Default false. */
  readonly squeezeExcite?: boolean | undefined;
  /** Of squeeze and excite. Default 16. */
  readonly reduction?: number | undefined;
  /** How many times smaller its pictures are than those that people see, for the sizes that errors name. Default 1. */
  readonly downscale?: number | undefined;
}

const names = ['rng', 'inChannels', 'channels', 'pool', 'squeezeExcite', 'reduction', 'downscale'] as const;

/** Rows and columns of scores. */
export interface ScoreGrid {
  readonly rows: number;
  readonly columns: number;
}

/**
 * 3 x 3 convolutions without padding, ReLUs between them, then a maximum over cells: small pictures
 * [batch, height, width, inChannels] -> scores [batch, rows, columns]. The scorer of Cordonnier et al. 2021.
 * State: `convs.0.weight`, `convs.0.bias`, …, `squeeze_excites.0.squeeze.weight`, ….
 */
export class Scorer extends Module {
  readonly inChannels: number;
  readonly pool: number;
  readonly downscale: number;
  readonly convs: readonly Conv2d[];
  /** Number i stands behind convolution i + 1. */
  readonly squeezeExcites: readonly SqueezeExcite[];

  /** @throws {OptionError} */
  constructor(options: ScorerOptions) {
    super();
    const op = 'Scorer';
    const {
      inChannels = 3,
      channels = [8, 16, 32],
      pool = 8,
      squeezeExcite = false,
      reduction = 16,
      downscale = 1,
    } = checkOptions(op, options, names);
    const rng = requireRng(op, options.rng);
    this.inChannels = requireCount(op, 'inChannels', inChannels);
    this.pool = requireCount(op, 'pool', pool);
    this.downscale = requireCount(op, 'downscale', downscale);
    requireCounts(op, 'channels', channels);
    requireCount(op, 'reduction', reduction);
    this.convs = [...channels, 1].map((outputs, i) =>
      flaxConvolution(channels[i - 1] ?? inChannels, outputs, 3, { rng, padding: 'valid', bias: true }),
    );
    const excited = squeezeExcite ? channels.slice(1) : [];
    this.squeezeExcites = excited.map((count) => new SqueezeExcite(count, { rng, reduction }));
  }

  /** Rows (and columns) of the small picture that one score sees: score i those from i `pool` on. */
  get receptiveField(): number {
    return 2 * this.convs.length + this.pool;
  }

  /** Height and width, in pixels of the pictures that people see, below which there is no score. */
  get minimumSize(): number {
    return this.receptiveField * this.downscale;
  }

  /** The grid of scores of a small picture. @throws {ShapeError} if it is too small, naming the least size at full resolution */
  gridOf(height: number, width: number): ScoreGrid {
    const cells = (extent: number): number => Math.floor((extent - 2 * this.convs.length) / this.pool);
    const [rows, columns] = [cells(height), cells(width)];
    if (rows >= 1 && columns >= 1) return { rows, columns };
    const { downscale, minimumSize } = this;
    const small = downscale === 1 ? '' : `, downscaled by ${downscale},`;
    throw new ShapeError(
      `Scorer: images must be at least ${minimumSize} x ${minimumSize} pixels; ` +
        `one of ${height} x ${width}${small} leaves no score`,
    );
  }

  /** @throws {ShapeError} unless x is [batch, height, width, inChannels] and large enough */
  override forward(x: Tensor): Tensor {
    const [, height, width] = requireShape('Scorer', 'images', x, ['batch', 'height', 'width', this.inChannels]);
    this.gridOf(height, width);
    return scope(() => {
      const last = this.convs.length - 1;
      const scores = this.convs.reduce((y, conv, i) => {
        const z = conv.forward(y);
        if (i === last) return z;
        const active = relu(z);
        return this.squeezeExcites[i - 1]?.forward(active) ?? active;
      }, x);
      return squeeze(maxPool(scores, { size: this.pool }), 3);
    });
  }
}

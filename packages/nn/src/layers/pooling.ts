/** Pooling layers for images [batch, height, width, channels], and the way from images to vectors. */
import {
  averagePool,
  checkOptions,
  flatten,
  maxPool,
  mean,
  type Padding,
  type Pair,
  ShapeError,
  scope,
  show,
  type Tensor,
  transpose,
} from '@saccade/tensor';
import { requireTensors } from '../check.js';
import { Module } from '../module.js';

/** How the window slides. */
export interface PoolLayerOptions {
  /** Default: the window size. */
  readonly stride?: Pair | undefined;
  /** As `maxPool` takes it. Default 'valid'. */
  readonly padding?: Padding | undefined;
}

/** Maxima of windows: [batch, height, width, channels] -> [batch, height', width', channels]. */
export class MaxPool2d extends Module {
  readonly #window: PoolLayerOptions & { readonly size: Pair };

  /** @param size of the window, one number or [height, width] @throws {OptionError} for an option that it does not know */
  constructor(size: Pair, options: PoolLayerOptions = {}) {
    super();
    this.#window = { ...checkOptions('MaxPool2d', options, ['stride', 'padding']), size };
  }

  /** @throws as `maxPool` */
  override forward(x: Tensor): Tensor {
    return maxPool(x, this.#window);
  }
}

/** Means of windows: [batch, height, width, channels] -> [batch, height', width', channels]. */
export class AveragePool2d extends Module {
  readonly #window: PoolLayerOptions & { readonly size: Pair; readonly countPadding: boolean };

  /**
   * @param size of the window, one number or [height, width]
   * @param options.countPadding whether padding counts as zeros. Default true, as in PyTorch; of the operation `averagePool` it is
   * false, as in TensorFlow
   * @throws {OptionError} for an option that it does not know
   */
  constructor(size: Pair, options: PoolLayerOptions & { readonly countPadding?: boolean | undefined } = {}) {
    super();
    const { countPadding = true } = checkOptions('AveragePool2d', options, ['stride', 'padding', 'countPadding']);
    this.#window = { ...options, size, countPadding };
  }

  /** @throws as `averagePool` */
  override forward(x: Tensor): Tensor {
    return averagePool(x, this.#window);
  }
}

/** The mean over all positions: [batch, ..., channels] -> [batch, channels]. */
export class GlobalAveragePool extends Module {
  /** @throws {ShapeError} unless x has a batch axis, positions and channels */
  override forward(x: Tensor): Tensor {
    requireTensors('GlobalAveragePool', { x });
    if (x.rank < 3) throw new ShapeError(`GlobalAveragePool: expected [batch, ..., channels], got ${show(x.shape)}`);
    return mean(x, { axis: x.shape.slice(1, -1).map((_, i) => i + 1) });
  }
}

/**
 * Joins all axes behind the batch: [batch, ...] -> [batch, size]. With `channelsFirst` images are flattened as PyTorch does,
 * [channels, height, width]: needed before a Linear whose weights come from there.
 */
export class Flatten extends Module {
  readonly channelsFirst: boolean;

  constructor(options: { readonly channelsFirst?: boolean | undefined } = {}) {
    super();
    this.channelsFirst = checkOptions('Flatten', options, ['channelsFirst']).channelsFirst ?? false;
  }

  /** @throws {ShapeError} for a scalar */
  override forward(x: Tensor): Tensor {
    requireTensors('Flatten', { x });
    if (x.rank === 0) throw new ShapeError('Flatten: expected [batch, ...], got a scalar');
    if (!this.channelsFirst || x.rank < 3) return x.rank === 1 ? x.expandDims(1) : flatten(x, 1);
    const order = [0, x.rank - 1, ...x.shape.slice(1, -1).map((_, i) => i + 1)];
    return scope(() => flatten(transpose(x, order), 1));
  }
}

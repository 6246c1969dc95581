/** Generated billiard tables: numbered balls on green cloth, where the label depends on a few of them. */
import type { Dataset, ImageBatch } from '@saccade/nn';
import { checkOptions, OptionError, requireCount, requireOneOf, type Tensor, tensor } from '@saccade/tensor';
import { type BilliardBall, type BilliardLayout, ballMark, placeBalls } from './billiard-balls.js';
import { type BilliardLabels, type BilliardTask, billiardLabels, billiardTasks } from './billiard-labels.js';
import { type GeneratedRange, type GeneratedSource, maxSide, requireRange, requireSource } from './check.js';
import { drawnDataset, stackPixels } from './generated-batch.js';
import { GeneratedImage } from './generated-image.js';
import { StreamGenerator } from './stream-generator.js';

/** Options of {@link billiardImage}. */
export interface BilliardOptions extends GeneratedSource {
  /** Default: 128. */
  readonly height?: number | undefined;
  /** Default: 128. */
  readonly width?: number | undefined;
  /** Default: 4. */
  readonly minBalls?: number | undefined;
  /** Default: 8, or `minBalls` if that is more. */
  readonly maxBalls?: number | undefined;
  /**
   * Radius of the balls in pixels, from 6. Default: 9. With another one the white disc has floor(2 radius / 3), and the
   * number is written with squares of floor(radius / 9) pixels, at least one.
   */
  readonly radius?: number | undefined;
}

/** Options of {@link generateBilliard} and {@link billiardDataset}. */
export interface BilliardBatchOptions extends BilliardOptions, GeneratedRange {
  /** What the labels say. Default: 'rightmost-number'. */
  readonly task?: BilliardTask | undefined;
}

/** One billiard image, which can be painted whole or in windows. */
export class BilliardImage extends GeneratedImage {
  /** The balls in the order in which they were placed. */
  readonly objects: readonly BilliardBall[];
  /** The labels of all tasks. */
  readonly labels: BilliardLabels;

  constructor(objects: readonly BilliardBall[], { height, width, radius }: BilliardLayout) {
    super(
      height,
      width,
      [16, 84, 52],
      objects.map((ball) => ballMark(ball, radius)),
    );
    this.objects = objects;
    this.labels = billiardLabels(objects);
  }
}

/** Billiard images, painted. */
export interface BilliardBatch {
  /** uint8 [count, height, width, 3]. */
  readonly images: Tensor;
  /** int32 [count]: the labels of the task. */
  readonly labels: Tensor;
  /** The labels of every task, image by image. */
  readonly taskLabels: readonly BilliardLabels[];
  /** The balls of every image. */
  readonly objects: readonly (readonly BilliardBall[])[];
}

const imageNames = ['seed', 'split', 'height', 'width', 'minBalls', 'maxBalls', 'radius'] as const;
const batchNames = [...imageNames, 'count', 'first', 'task'] as const;

/** The options with their defaults. @throws {OptionError} where one is out of range, or the balls cannot fit */
function layoutOf(op: string, options: BilliardOptions): BilliardLayout {
  requireSource(op, options);
  const { height = 128, width = 128, minBalls = 4, radius = 9 } = options;
  const { maxBalls = Math.max(8, minBalls) } = options;
  requireCount(op, 'radius', radius, 6, maxSide / 2 - 1);
  requireCount(op, 'height', height, 2 * radius + 1, maxSide);
  requireCount(op, 'width', width, 2 * radius + 1, maxSide);
  requireCount(op, 'minBalls', minBalls, 1, maxSide);
  requireCount(op, 'maxBalls', maxBalls, minBalls, maxSide);
  // Discs of radius + 1 around the centres do not overlap; no layout of equal discs is denser than hexagons around them.
  const densest = ((height + 1) * (width + 1)) / (2 * Math.sqrt(3) * (radius + 1) ** 2);
  const fit = Math.min(Math.max(1, Math.floor(densest)), Math.ceil((width - 2 * radius) / 2));
  if (maxBalls > fit) {
    throw new OptionError(
      `${op}: an image of ${height} x ${width} has no room for ${maxBalls} balls of radius ${radius}, ${fit} at most; ` +
        'make the image larger, or maxBalls or radius smaller',
    );
  }
  return { height, width, minBalls, maxBalls, radius };
}

/** Draws images of one kind by their number. */
function drawer(op: string, options: BilliardOptions, layout: BilliardLayout): (index: number) => BilliardImage {
  const { seed, split = 'train' } = options;
  return (index) => new BilliardImage(placeBalls(op, StreamGenerator.of(seed, split, index), layout), layout);
}

/**
 * Image `index` of a split: its balls and labels at once, its pixels when they are asked for, whole, in windows or made
 * small. So an image of 20,000 x 20,000 pixels, with `radius: 300`, can serve as one that is too large for memory.
 *
 * @param index a whole number in [0, 2^32); every image has a random stream of its own
 * @throws {OptionError} for options out of range, and where the balls find no place
 */
export function billiardImage(options: BilliardOptions, index: number): BilliardImage {
  const layout = layoutOf('billiardImage', checkOptions('billiardImage', options, imageNames));
  requireCount('billiardImage', 'index', index, 0, 2 ** 32 - 1);
  return drawer('billiardImage', options, layout)(index);
}

/** The options of many images, checked. */
function batchOf(
  op: string,
  options: BilliardBatchOptions,
): { layout: BilliardLayout; first: number; task: BilliardTask } {
  const { first = 0, task = 'rightmost-number' } = checkOptions(op, options, batchNames);
  requireRange(op, options);
  requireOneOf(op, 'task', task, billiardTasks);
  return { layout: layoutOf(op, options), first, task };
}

/**
 * Images `first` to `first + count - 1` of a split, painted: a stand-in for the billiard data of the paper, made of whole
 * numbers alone, so that it is the same everywhere.
 *
 * @param options `seed`; `count`; `split`: 'train' (default), 'test' or 'valid'; `first`, default 0; `height` and `width`,
 *   default 128; `minBalls` and `maxBalls`, default 4 and 8; `radius`, default 9; `task`, default 'rightmost-number'
 * @throws {OptionError} for options out of range, where the balls find no place, and for 2^31 bytes or more
 */
export function generateBilliard(options: BilliardBatchOptions): BilliardBatch {
  const { layout, first, task } = batchOf('generateBilliard', options);
  const draw = drawer('generateBilliard', options, layout);
  const drawn: BilliardImage[] = [];
  const images = stackPixels('generateBilliard', options.count, [layout.height, layout.width, 3], (i) => {
    const image = draw(first + i);
    drawn.push(image);
    return image;
  });
  return {
    images,
    labels: tensor(Int32Array.from(drawn, ({ labels }) => labels[task])),
    taskLabels: drawn.map(({ labels }) => labels),
    objects: drawn.map(({ objects }) => objects),
  };
}

/**
 * The same images as a data set that draws what is asked for and keeps nothing: batches of float32 images with values 0 to 1
 * and int32 labels of the task.
 *
 * @param options as of {@link generateBilliard}
 * @throws {OptionError} for options out of range; a batch throws it where the balls find no place
 */
export function billiardDataset(options: BilliardBatchOptions): Dataset<ImageBatch> {
  const { layout, first, task } = batchOf('billiardDataset', options);
  const draw = drawer('billiardDataset', options, layout);
  return drawnDataset('billiardDataset', options.count, [layout.height, layout.width, 3], (row) => {
    const image = draw(first + row);
    return { image, label: image.labels[task] };
  });
}

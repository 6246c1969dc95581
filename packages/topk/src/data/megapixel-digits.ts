/** Generated images with a few digits among strokes that are none, where the label is the digit that is there most often. */
import type { Dataset, ImageBatch } from '@saccade/nn';
import { checkOptions, OptionError, requireCount, requireOneOf, type Tensor, tensor } from '@saccade/tensor';
import { type GeneratedRange, type GeneratedSource, maxSide, requireRange, requireSource } from './check.js';
import { type DigitsLayout, digitMark, digitPool, drawNoise, type MegapixelDigit, placeDigits } from './digit-marks.js';
import { drawnDataset, stackPixels } from './generated-batch.js';
import { GeneratedImage } from './generated-image.js';
import { StreamGenerator } from './stream-generator.js';

/** Defaults by name: one digit in an image of 96 x 96; three of one kind and two others in one of 128 x 128. */
export type MegapixelDigitsTask = 'needle' | 'majority';

const tasks = {
  needle: { same: 1, other: 0, noise: 12, side: 96 },
  majority: { same: 3, other: 2, noise: 20, side: 128 },
} as const satisfies Record<MegapixelDigitsTask, object>;

/** Options of {@link megapixelDigitsImage}. */
export interface MegapixelDigitsOptions extends GeneratedSource {
  /** Where the defaults of the other options come from. Default: 'needle'. */
  readonly task?: MegapixelDigitsTask | undefined;
  /** Default: 96, or 128 for 'majority'. */
  readonly height?: number | undefined;
  /** Default: 96, or 128 for 'majority'. */
  readonly width?: number | undefined;
  /** A digit has 8 `up` x 8 `up` pixels. Default: 2. */
  readonly up?: number | undefined;
  /** How many digits show the label. Default: 1, or 3 for 'majority'. */
  readonly same?: number | undefined;
  /** How many digits show something else, each drawn alone. Default: 0, or 2 for 'majority'. */
  readonly other?: number | undefined;
  /** Pairs of strokes that are no digits. Default: 12, or 20 for 'majority'. */
  readonly noise?: number | undefined;
}

/** Options of {@link generateMegapixelDigits} and {@link megapixelDigitsDataset}. */
export interface MegapixelDigitsBatchOptions extends MegapixelDigitsOptions, GeneratedRange {}

/** One image of digits, which can be painted whole or in windows. */
export class MegapixelDigitsImage extends GeneratedImage {
  /** The digits, those that show the label first. */
  readonly objects: readonly MegapixelDigit[];
  /** 0 to 9. */
  readonly label: number;

  constructor(op: string, stream: StreamGenerator, pool: readonly (readonly number[])[], layout: DigitsLayout) {
    const noise = drawNoise(stream, layout);
    const objects = placeDigits(op, stream, pool, layout);
    super(layout.height, layout.width, [0], [...noise, ...objects.map((digit) => digitMark(digit, layout.side))]);
    this.objects = objects;
    this.label = objects[0]!.number;
  }
}

/** Images of digits, painted. */
export interface MegapixelDigitsBatch {
  /** uint8 [count, height, width, 1]. */
  readonly images: Tensor;
  /** int32 [count], 0 to 9. */
  readonly labels: Tensor;
  /** The digits of every image. */
  readonly objects: readonly (readonly MegapixelDigit[])[];
}

const imageNames = ['seed', 'split', 'task', 'height', 'width', 'up', 'same', 'other', 'noise'] as const;
const batchNames = [...imageNames, 'count', 'first'] as const;

/** The options with their defaults. @throws {OptionError} where one is out of range, or the digits cannot fit */
function layoutOf(op: string, options: MegapixelDigitsOptions): DigitsLayout {
  requireSource(op, options);
  const { task = 'needle', up = 2 } = options;
  requireOneOf(op, 'task', task, Object.keys(tasks));
  const preset = tasks[task];
  const { same = preset.same, other = preset.other, noise = preset.noise } = options;
  const { height = preset.side, width = preset.side } = options;
  requireCount(op, 'up', up, 1, maxSide / 8);
  const side = 8 * up;
  requireCount(op, 'height', height, side, maxSide);
  requireCount(op, 'width', width, side, maxSide);
  requireCount(op, 'same', same, 1, maxSide);
  requireCount(op, 'other', other, 0, maxSide);
  requireCount(op, 'noise', noise, 0, maxSide);
  const fit = Math.floor(height / side) * Math.floor(width / side);
  if (same + other > fit) {
    throw new OptionError(
      `${op}: an image of ${height} x ${width} has no room for ${same + other} digits of ${side} x ${side}, ${fit} at most; ` +
        'make the image larger, or same, other or up smaller',
    );
  }
  return { height, width, side, same, other, noise };
}

/** Draws images of one kind by their number. */
function drawer(
  op: string,
  { seed, split = 'train' }: MegapixelDigitsOptions,
  layout: DigitsLayout,
): (index: number) => MegapixelDigitsImage {
  const pool = digitPool(split);
  return (index) => new MegapixelDigitsImage(op, StreamGenerator.of(seed, split, index), pool, layout);
}

/**
 * Image `index` of a split: its digits and label at once, its pixels when they are asked for, whole, in windows or made
 * small, so that it can be larger than memory.
 *
 * @param index a whole number in [0, 2^32); every image has a random stream of its own
 * @throws {OptionError} for options out of range, and where the digits find no place
 */
export function megapixelDigitsImage(options: MegapixelDigitsOptions, index: number): MegapixelDigitsImage {
  const layout = layoutOf('megapixelDigitsImage', checkOptions('megapixelDigitsImage', options, imageNames));
  requireCount('megapixelDigitsImage', 'index', index, 0, 2 ** 32 - 1);
  return drawer('megapixelDigitsImage', options, layout)(index);
}

/**
 * Images `first` to `first + count - 1` of a split, painted: a stand-in for the megapixel MNIST of attention sampling, made
 * of the 1797 digits of 8 x 8 pixels of scikit-learn. Training images show the first 1200 of them, others the rest.
 *
 * @param options `seed`; `count`; `split`: 'train' (default), 'test' or 'valid'; `first`, default 0; `task`: 'needle' (default)
 *   or 'majority', which set `same`, `other`, `noise`, `height` and `width` where they are not given; `up`, default 2
 * @throws {OptionError} for options out of range, where the digits find no place, and for 2^31 bytes or more
 */
export function generateMegapixelDigits(options: MegapixelDigitsBatchOptions): MegapixelDigitsBatch {
  const op = 'generateMegapixelDigits';
  const { first = 0, count } = checkOptions(op, options, batchNames);
  requireRange(op, options);
  const layout = layoutOf(op, options);
  const draw = drawer(op, options, layout);
  const drawn: MegapixelDigitsImage[] = [];
  const images = stackPixels(op, count, [layout.height, layout.width, 1], (i) => {
    const image = draw(first + i);
    drawn.push(image);
    return image;
  });
  return {
    images,
    labels: tensor(Int32Array.from(drawn, ({ label }) => label)),
    objects: drawn.map(({ objects }) => objects),
  };
}

/**
 * The same images as a data set that draws what is asked for and keeps nothing: batches of float32 images with values 0 to 1
 * and int32 labels.
 *
 * @param options as of {@link generateMegapixelDigits}
 * @throws {OptionError} for options out of range; a batch throws it where the digits find no place
 */
export function megapixelDigitsDataset(options: MegapixelDigitsBatchOptions): Dataset<ImageBatch> {
  const op = 'megapixelDigitsDataset';
  const { first = 0, count } = checkOptions(op, options, batchNames);
  requireRange(op, options);
  const layout = layoutOf(op, options);
  const draw = drawer(op, options, layout);
  return drawnDataset(op, count, [layout.height, layout.width, 1], (row) => {
    const image = draw(first + row);
    return { image, label: image.label };
  });
}

/** The images that `topk train` trains on: of a folder, or generated. */
import { UsageError } from '@saccade/command';
import { type Dataset, type ImageBatch, inMemory } from '@saccade/nn';
import { dispose, keep, Rng, scope } from '@saccade/tensor';
import { billiardDataset } from '../data/billiard.js';
import { labelledImages } from '../data/labelled-images.js';
import { megapixelDigitsDataset } from '../data/megapixel-digits.js';
import type { TrainOptions } from './train-options.js';

/** Images of one size, with their classes. */
export interface TrainImages {
  /** Names of the classes, in the order of the labels. */
  readonly classes: readonly string[];
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly train: Dataset<ImageBatch>;
  readonly validation: Dataset<ImageBatch> | undefined;
}

/** Data sets of up to so many values are decoded once and kept: 1 GiB. */
const mostKept = 2 ** 28;

/** The image data set in memory, if it is small enough. */
async function kept(data: Dataset<ImageBatch>, values: number, signal: AbortSignal): Promise<Dataset<ImageBatch>> {
  if (data.size * values > mostKept) return data;
  const rows = Int32Array.from({ length: data.size }, (_, i) => i);
  return inMemory(await scope(async () => keep(await data.batch(rows, { rng: new Rng(0), signal }))));
}

/** Height, width and channels of the images, from the first one. */
async function shapeOf(data: Dataset<ImageBatch>, signal: AbortSignal): Promise<readonly number[]> {
  const first = await data.batch(Int32Array.of(0), { rng: new Rng(0), signal });
  try {
    return first.images.shape.slice(1);
  } finally {
    dispose(first);
  }
}

type Parts = Pick<TrainImages, 'classes' | 'train' | 'validation'>;

/** Numbers as the names of classes. */
function digits(from: number, to: number): string[] {
  return Array.from({ length: to - from + 1 }, (_, i) => String(from + i));
}

async function parts({ source, size, validation, seed }: TrainOptions, signal: AbortSignal): Promise<Parts> {
  if (source.kind === 'folder') {
    const { path, channels } = source;
    const found = await labelledImages(path, { size, channels, validation, seed, signal });
    return { ...found, validation: found.validation };
  }
  const [height, width] = size ?? [96, 96];
  const common = { seed, height, width };
  const held = { ...common, split: 'valid', count: Math.round(source.count * validation) } as const;
  const [make, classes] =
    source.kind === 'digits'
      ? [megapixelDigitsDataset, digits(0, 9)]
      : [
          (options: typeof held | (typeof common & { count: number })) =>
            billiardDataset({ ...options, minBalls: 2, maxBalls: 3 }),
          digits(1, 9),
        ];
  return {
    classes,
    train: make({ ...common, count: source.count }),
    validation: held.count === 0 ? undefined : make(held),
  };
}

/** Finds or makes the images. @throws {UsageError} for a single class, and what `labelledImages` throws */
export async function trainImages(options: TrainOptions, signal: AbortSignal): Promise<TrainImages> {
  const { classes, train, validation } = await parts(options, signal);
  if (classes.length < 2) {
    throw new UsageError(`expected images of at least two classes, got ${classes.length}: ${classes.join(', ')}`);
  }
  const [height, width, channels] = (await shapeOf(train, signal)) as [number, number, number];
  const values = height * width * channels;
  return {
    ...{ classes, height, width, channels },
    train: await kept(train, values, signal),
    validation: validation && (await kept(validation, values, signal)),
  };
}

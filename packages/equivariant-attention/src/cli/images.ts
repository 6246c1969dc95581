/** Labelled images: of MNIST's files, upright or turned, or the digits of 8 x 8 pixels that come along. */
import { UsageError } from '@saccade/command';
import { digits8x8, loadMnist, type MnistPart } from '@saccade/nn';
import { averagePool, dispose, scope, tensor } from '@saccade/tensor';
import { loadRotatedMnist } from '../data/rotated-mnist.js';
import type { DataOptions } from './data-options.js';

/** Images [count, side, side, 1] from 0 (background) to 1 with labels, int32 [count]: to learn from, and to test with. */
export interface ImageParts {
  readonly train: MnistPart;
  readonly test: MnistPart;
}

/** Digits that come along to learn from; the others, which other people wrote, are for tests. */
const digitsToTrainOn = 1200;

/**
 * Reads the images. @param side to which they are averaged; default: as they are
 * @throws what `loadMnist` throws @throws {UsageError} for a side that does not divide that of the images
 */
export async function readImages(
  { data, rotated, limit }: DataOptions,
  side: number | undefined,
  signal: AbortSignal,
): Promise<ImageParts> {
  const load = rotated ? loadRotatedMnist : loadMnist;
  const { train, test } = data === undefined ? ownDigits(limit) : await load(data, { limit, signal });
  return { train: averaged(train, side), test: averaged(test, side) };
}

function ownDigits(limit = Number.POSITIVE_INFINITY): ImageParts {
  const { pixels, labels } = digits8x8();
  const part = (from: number, to: number): MnistPart => {
    const end = Math.min(to, from + limit);
    const ink = Float32Array.from(pixels.subarray(64 * from, 64 * end), (value) => value / 16);
    return {
      images: tensor(ink, { shape: [end - from, 8, 8, 1] }),
      labels: tensor(Int32Array.from(labels.subarray(from, end))),
    };
  };
  return scope(() => ({ train: part(0, digitsToTrainOn), test: part(digitsToTrainOn, labels.length) }));
}

/** The part at another size; frees what it was. */
function averaged({ images, labels }: MnistPart, side: number | undefined): MnistPart {
  const own = images.shape[1] as number;
  if (side === undefined || side === own) return { images, labels };
  if (own % side !== 0) {
    const fitting = Array.from({ length: own }, (_, i) => i + 1).filter((one) => own % one === 0);
    throw new UsageError(
      `--image-size must be one of ${fitting.join(', ')} for images of ${own} x ${own}, got ${side}`,
    );
  }
  const smaller = averagePool(images, { size: own / side });
  dispose(images);
  return { images: smaller, labels };
}

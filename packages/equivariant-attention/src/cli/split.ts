/** What `equivariant-attention train` learns from, turned as was asked for, and what it holds back. */
import { UsageError } from '@saccade/command';
import { type Dataset, inMemory, type MnistPart, mapBatches, subset } from '@saccade/nn';
import { augment } from '../data/augment.js';
import type { TrainOptions } from './train-options.js';

/** Images to learn from, and those that are only looked at. */
export interface Split {
  readonly train: Dataset<MnistPart>;
  readonly validation: Dataset<MnistPart> | undefined;
}

/** @throws {UsageError} where none are left to learn from */
export function splitOf(part: MnistPart, { validation, turn, group }: TrainOptions): Split {
  const all = inMemory(part);
  const held = Math.round(all.size * validation);
  const rows = (from: number, to: number): Int32Array => Int32Array.from({ length: to - from }, (_, i) => from + i);
  if (held >= all.size) throw new UsageError(`--validation leaves none of ${all.size} images to learn from`);
  const own = subset(all, rows(0, all.size - held));
  const turned = mapBatches(own, ({ images, labels }, { rng }) => {
    return { images: augment(images, turn === 'any' ? { rng, angles: true } : { rng, group }), labels };
  });
  return {
    train: turn === 'none' ? own : turned,
    validation: held === 0 ? undefined : subset(all, rows(all.size - held, all.size)),
  };
}

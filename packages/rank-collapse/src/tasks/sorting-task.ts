/** Learning to sort: the answer at place j is the j-th smallest letter (the paper's section 4.2). */
import { checkOptions, OptionError, quote, type Rng, requireCount, requireRng, scope, tensor } from '@saccade/tensor';
import { type LabelledTokens, mostFrequentShare, type TokenTask } from './task.js';

/** Options of `sortingTask`. */
export interface SortingTaskOptions {
  readonly rng: Rng;
  /** Letters that there are. Default 10. */
  readonly letters?: number | undefined;
  /** Letters of a sequence. Default 8. */
  readonly length?: number | undefined;
  /** Sequences to train on. Default 1000. */
  readonly train?: number | undefined;
  /** Sequences to test on. Default 200. */
  readonly test?: number | undefined;
}

/** Sequences of letters, independent and uniform, and the same letters in order. @throws {OptionError} for counts that are no whole numbers from 1 */
export function sortingTask(options: SortingTaskOptions): TokenTask {
  const op = 'sortingTask';
  const names = ['rng', 'letters', 'length', 'train', 'test'] as const;
  const { letters = 10, length = 8, train = 1000, test = 200 } = checkOptions(op, options, names);
  const rng = requireRng(op, options.rng);
  for (const [name, count] of Object.entries({ letters, length, train, test })) requireCount(op, name, count);
  const draw = (examples: number): Int32Array =>
    Int32Array.from({ length: examples * length }, () => Math.floor(rng.number() * letters));
  const [trained, tested] = [draw(train), draw(test)];
  return scope(() => ({
    form: { vocabulary: letters, positions: length, labels: letters },
    train: labelled(trained, length),
    test: labelled(tested, length),
    trivial: mostFrequentShare(tested),
  }));
}

function labelled(letters: Int32Array, length: number): LabelledTokens {
  const shape = [letters.length / length, length];
  return { inputs: tensor(letters, { shape }), labels: tensor(sortedRows(letters, length), { shape }) };
}

/** Each run of `length` letters in order. @throws {OptionError} unless the letters are so many runs */
export function sortedRows(letters: Int32Array, length: number): Int32Array {
  requireCount('sortedRows', 'length', length);
  if (!(letters instanceof Int32Array) || letters.length % length !== 0) {
    throw new OptionError(
      `sortedRows: letters must be an Int32Array of rows of ${length}, got ${quote(letters?.length)}`,
    );
  }
  const sorted = letters.slice();
  for (let row = 0; row < sorted.length; row += length) sorted.subarray(row, row + length).sort();
  return sorted;
}

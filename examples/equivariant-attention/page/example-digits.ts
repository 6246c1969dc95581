/** Digits to look at, of those that were not learned. */
import { dispose } from '@saccade/tensor';
import { digits } from '../src/digits.js';
import { type Pixels, side } from './turn-image.js';

let known: readonly Pixels[][] | undefined;
const taken = new Map<number, number>();

/** By what they show. */
function byLabel(): readonly Pixels[][] {
  const { train, test } = digits();
  const [pixels, labels] = [test.images.dataSync(), test.labels.dataSync<'int32'>()];
  dispose([train, test]);
  const all = Array.from({ length: 10 }, (): Pixels[] => []);
  for (const [i, label] of labels.entries()) all[label]?.push(pixels.slice(i * side ** 2, (i + 1) * side ** 2));
  return all;
}

/** One that shows this number, another one each time until all were shown. */
export function exampleDigit(label: number): Pixels {
  known ??= byLabel();
  const those = known[label] as Pixels[];
  const next = taken.get(label) ?? 0;
  taken.set(label, next + 1);
  return those[next % those.length] as Pixels;
}

/** What both networks say of a digit at many angles. */
import { inference } from '@saccade/nn';
import { scope } from '@saccade/tensor';
import { type Kind, kinds, type Pair } from './pair.js';
import { type Pixels, turnImage } from './turn-image.js';

/** Logits of ten digits. */
export type Logits = Float32Array;

/** Of each network, at each angle. */
export type Answers = { readonly [K in Kind]: readonly Logits[] };

/** The logits of the digit, turned by each of the angles. */
export function answersAt(pair: Pair, pixels: Pixels, degrees: readonly number[]): Answers {
  return scope(() => {
    const images = turnImage(pixels, degrees);
    const of = (kind: Kind): Logits[] => {
      const all = inference(pair[kind], () => pair[kind].forward(images).dataSync());
      const classes = all.length / degrees.length;
      return degrees.map((_, i) => all.slice(i * classes, (i + 1) * classes));
    };
    return Object.fromEntries(kinds.map((kind) => [kind, of(kind)])) as { [K in Kind]: Logits[] };
  });
}

/** The largest change of a logit against the upright digit's, as a share of the largest of those. */
export function changeOf(logits: Logits, upright: Logits): number {
  let [change, largest] = [0, 0];
  for (const [i, value] of upright.entries()) {
    change = Math.max(change, Math.abs((logits[i] as number) - value));
    largest = Math.max(largest, Math.abs(value));
  }
  return change === 0 ? 0 : change / largest;
}

/** The digit that is said. */
export function saidOf(logits: Logits): number {
  return logits.indexOf(Math.max(...logits));
}

/** Changes up to this are rounding. */
export const rounding = 1e-4;

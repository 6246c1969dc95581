/** 1797 handwritten digits of 8 x 8 pixels that need no download, for tests, examples and generated images. */
import { letters, packedLabels, packedPixels, pairs } from './digits-8x8-packed.js';

/** The digits, in the order of scikit-learn's `load_digits`. */
export interface Digits8x8 {
  /** [1797, 64]: the pixels of each, row by row, 0 (paper) to 16 (ink). */
  readonly pixels: Uint8Array;
  /** [1797]: 0 to 9. */
  readonly labels: Uint8Array;
}

const pixelsOfDigit = 64;
const values = 17;

let unpacked: Digits8x8 | undefined;

/** What each letter stands for: a value, or what two earlier letters stand for, one after the other. */
function meanings(): Map<string, readonly number[]> {
  const known = new Map<string, readonly number[]>();
  for (const [i, letter] of [...letters].entries()) {
    const [first, second] = pairs.slice(2 * (i - values));
    known.set(letter, i < values ? [i] : [...known.get(first!)!, ...known.get(second!)!]);
  }
  return known;
}

/**
 * The digits, unpacked on first use; all callers share the two arrays. They are the test set of Optical Recognition of Handwritten Digits
 * (E. Alpaydin and C. Kaynak, 1998, UCI Machine Learning Repository), licensed CC BY 4.0: name its authors where you pass it on.
 */
export function digits8x8(): Digits8x8 {
  if (unpacked !== undefined) return unpacked;
  const labels = Uint8Array.from(packedLabels, Number);
  // Packed pixel by pixel, digits of a class together: like values in a row need fewer letters.
  const order = Array.from(labels.keys()).sort((a, b) => labels[a]! - labels[b]! || a - b);
  const pixels = new Uint8Array(pixelsOfDigit * labels.length);
  const known = meanings();
  let at = 0;
  for (const letter of packedPixels) {
    for (const value of known.get(letter)!) {
      pixels[order[at % order.length]! * pixelsOfDigit + Math.floor(at / order.length)] = value;
      at += 1;
    }
  }
  unpacked = { pixels, labels };
  return unpacked;
}

/** 1797 handwritten digits of 8 x 8 pixels, as the source of the megapixel digits. */
import { inflateSync } from 'fflate';
import { packedLabels, packedPixels } from './digits-8x8-packed.js';

/** The digits, in the order of scikit-learn's `load_digits`. */
export interface Digits8x8 {
  /** [digits, 64]: the pixels of each, row by row, 0 (paper) to 16 (ink). */
  readonly pixels: Uint8Array;
  /** [digits]: 0 to 9. */
  readonly labels: Uint8Array;
}

const pixelsOfDigit = 64;

let unpacked: Digits8x8 | undefined;

function inflate(text: string): Uint8Array {
  return inflateSync(Uint8Array.from(atob(text), (character) => character.charCodeAt(0)));
}

/** The digits, unpacked on first use. */
export function digits8x8(): Digits8x8 {
  if (unpacked !== undefined) return unpacked;
  const labels = inflate(packedLabels);
  // Packed pixel by pixel, digits of a class together, as like values in a row need less room.
  const planes = inflate(packedPixels);
  const order = Array.from(labels.keys()).sort((a, b) => labels[a]! - labels[b]! || a - b);
  const pixels = new Uint8Array(planes.length);
  for (const [place, digit] of order.entries()) {
    for (let p = 0; p < pixelsOfDigit; p++) pixels[digit * pixelsOfDigit + p] = planes[p * order.length + place]!;
  }
  unpacked = { pixels, labels };
  return unpacked;
}

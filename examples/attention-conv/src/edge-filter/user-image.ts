/** The user's own image, made small enough to look at. */
import { decodeImage } from '@saccade/nn';
import type { Photograph } from './photograph.js';

/**
 * Reads a PNG, JPEG or WebP as far as this machine can decode it. Images with a longer side are made smaller, each pixel the mean of those that it stands for.
 * @param size longest side @throws {FormatError} for what is no image
 */
export async function userImage(bytes: Uint8Array, size: number): Promise<Photograph> {
  const { height, width, data } = await decodeImage(bytes, { channels: 3 });
  const scale = Math.min(1, size / Math.max(height, width));
  const [rows, columns] = [Math.max(1, Math.round(height * scale)), Math.max(1, Math.round(width * scale))];
  const out = new Float32Array(rows * columns * 3);
  const first = (i: number, to: number, from: number): number => Math.floor((i * from) / to);
  for (let y = 0, to = 0; y < rows; y++) {
    const [top, bottom] = [first(y, rows, height), Math.max(first(y, rows, height) + 1, first(y + 1, rows, height))];
    for (let x = 0; x < columns; x++) {
      const left = first(x, columns, width);
      const right = Math.max(left + 1, first(x + 1, columns, width));
      for (let c = 0; c < 3; c++, to++) {
        let sum = 0;
        for (let row = top; row < bottom; row++) {
          for (let column = left; column < right; column++) sum += data[(row * width + column) * 3 + c] as number;
        }
        out[to] = sum / (255 * (bottom - top) * (right - left));
      }
    }
  }
  return { height: rows, width: columns, data: out };
}

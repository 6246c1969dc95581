/** The samples of a PNG, decoded by fast-png, which is loaded on first use, from data that was found to have the right size. */
import { FormatError } from '@saccade/tensor';
import { joined } from './joined.js';
import { pngBytes } from './png-bytes.js';
import type { PngFile } from './png-chunks.js';

/** Few enough that what they can swell to, a thousand times as much, is little. */
const sliceBytes = 4096;

/** Decompresses without keeping anything: the decoder allocates what the data holds, so that must be what the header says. */
async function checkData({ header, data }: PngFile, expected: number, label: string): Promise<void> {
  const { Unzlib } = await import('fflate');
  let got = 0;
  const inflator = new Unzlib((chunk) => {
    got += chunk.length;
  });
  try {
    for (const piece of data) {
      for (let at = 0; at < piece.length && got <= expected; at += sliceBytes) {
        inflator.push(piece.subarray(at, at + sliceBytes));
      }
    }
    if (got <= expected) inflator.push(new Uint8Array(0), true);
  } catch (cause) {
    throw new FormatError(`${label}: expected zlib data, got damage (${(cause as Error).message})`, { cause });
  }
  if (got !== expected) {
    const size = `${header.width} x ${header.height}`;
    const came = got > expected ? 'more' : String(got);
    throw new FormatError(`${label}: expected ${expected} bytes of pixels for ${size}, got ${came}`);
  }
}

/** What fast-png makes of a file in pieces: samples, packed where they have less than 8 bits. */
async function decodePieces(pieces: readonly Uint8Array[], label: string): Promise<ArrayLike<number>> {
  const { decode } = await import('fast-png');
  try {
    return decode(joined(...pieces)).data;
  } catch (cause) {
    throw new FormatError(`${label}: expected a sound PNG, got damage (${(cause as Error).message})`, { cause });
  }
}

/** Samples of a bit, two or four, packed in lines that begin at whole bytes. */
function unpack(packed: ArrayLike<number>, width: number, height: number, depth: number): Uint8Array {
  const out = new Uint8Array(width * height);
  const stride = Math.ceil((width * depth) / 8);
  const mask = 2 ** depth - 1;
  for (let row = 0, to = 0; row < height; row++) {
    for (let bit = 0; bit < width * depth; bit += depth) {
      out[to++] = (packed[row * stride + (bit >> 3)]! >> (8 - depth - (bit & 7))) & mask;
    }
  }
  return out;
}

/**
 * The samples of an image, row-major, channels together, each below 2^depth.
 *
 * @param channels samples of a pixel
 * @param label how an error names the file
 * @throws {FormatError} if the data is damaged, is not as much as the header says, or is interlaced with less than 8 bits
 */
export async function pngSamples(file: PngFile, channels: number, label: string): Promise<ArrayLike<number>> {
  const { width, height, depth, interlaced } = file.header;
  if (interlaced && depth < 8) {
    // The decoder takes interlaced pixels for whole bytes.
    throw new FormatError(
      `${label}: an interlaced PNG with ${depth} bits a sample is not read: save it without interlacing`,
    );
  }
  await checkData(file, pngBytes(width, height, channels * depth, interlaced), label);
  const samples = await decodePieces(file.essence, label);
  return depth < 8 ? unpack(samples, width, height, depth) : samples;
}

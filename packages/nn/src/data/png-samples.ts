/** The samples of a PNG, decoded by fast-png, which is loaded on first use, from data that was found to have the right size. */
import { FormatError } from '@saccade/tensor';
import { ByteCursor } from './byte-cursor.js';
import { decompress } from './gunzip.js';
import { joined } from './joined.js';
import type { PngFile } from './png-chunks.js';
import { type PngPass, passAsPng, pngPasses } from './png-passes.js';

async function* inPieces(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array, void, undefined> {
  for (const piece of pieces) if (piece.length > 0) yield piece;
}

/** Decompresses without keeping anything: the decoder allocates what the data holds, so that must be what the header says. */
async function checkData({ header, data }: PngFile, expected: number, label: string): Promise<void> {
  let got = 0;
  for await (const chunk of decompress(inPieces(data), 'deflate', label)) {
    got += chunk.length;
    if (got > expected) break;
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

/** Packed samples, whose lines begin at whole bytes, to where their pass puts them in the image. */
function unpack(packed: ArrayLike<number>, pass: PngPass, depth: number, out: Uint8Array, width: number): void {
  const stride = Math.ceil((pass.width * depth) / 8);
  const mask = 2 ** depth - 1;
  for (let row = 0; row < pass.height; row++) {
    let to = (pass.y + row * pass.stepY) * width + pass.x;
    for (let column = 0; column < pass.width; column++, to += pass.stepX) {
      const bit = column * depth;
      out[to] = (packed[row * stride + (bit >> 3)]! >> (8 - depth - (bit & 7))) & mask;
    }
  }
}

/**
 * The samples of an image, row-major, channels together, each below 2^depth.
 *
 * @param channels samples of a pixel
 * @param label how an error names the file
 * @throws FormatError if the data is damaged, or is not as much as the header says
 */
export async function pngSamples(file: PngFile, channels: number, label: string): Promise<ArrayLike<number>> {
  const { width, height, depth, interlaced } = file.header;
  const passes = pngPasses(width, height, channels * depth, interlaced);
  await checkData(
    file,
    passes.reduce((total, pass) => total + pass.bytes, 0),
    label,
  );
  if (depth >= 8) return decodePieces(file.essence, label);
  const out = new Uint8Array(width * height);
  if (!interlaced) unpack(await decodePieces(file.essence, label), passes[0]!, depth, out, width);
  else {
    // The decoder takes interlaced pixels for whole bytes, so it gets each pass as an image that is not interlaced.
    const cursor = new ByteCursor({ label, stream: decompress(inPieces(file.data), 'deflate', label) });
    try {
      for (const pass of passes) {
        if (pass.bytes === 0) continue;
        const lines = await cursor.take(pass.bytes, 'a pass');
        unpack(await decodePieces(passAsPng(file.headerBytes, pass, lines), label), pass, depth, out, width);
      }
    } finally {
      await cursor.close();
    }
  }
  return out;
}

/** A PNG file as a stream, from strips of rows of 8-bit samples. */
import { Readable } from 'node:stream';
import { createDeflate } from 'node:zlib';
import { chunk, filtered, headerBody, pngSignature } from './png-writer.js';

const colorTypes: Readonly<Record<number, number>> = { 1: 0, 2: 4, 3: 2, 4: 6 };

/** @param strips whole rows, from the top to the bottom */
export function pngStream(
  { width, height, channels }: { readonly width: number; readonly height: number; readonly channels: number },
  strips: Iterable<Uint8Array>,
): Readable {
  const rowBytes = width * channels;
  const lines = function* () {
    let above = new Uint8Array(rowBytes);
    let y = 0;
    for (const strip of strips) {
      for (let at = 0; at < strip.length; at += rowBytes) {
        const row = strip.slice(at, at + rowBytes);
        yield filtered(y++ % 5, row, above, channels);
        above = row;
      }
    }
  };
  const bytes = async function* () {
    yield pngSignature;
    yield chunk('IHDR', headerBody(width, height, 8, colorTypes[channels]!));
    const deflated = Readable.from(lines()).pipe(createDeflate({ level: 1 }));
    for await (const piece of deflated) yield chunk('IDAT', piece);
    yield chunk('IEND', new Uint8Array(0));
  };
  return Readable.from(bytes());
}

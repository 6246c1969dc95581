/** Large images in files, as sources of tiles. */
import { ByteCursor, byteStream } from '@saccade/nn';
import { checkOptions, type FileSource, FormatError, type OpenOptions } from '@saccade/tensor';
import { openNpyTiles } from './array-source.js';
import { pngSignature } from './png-header.js';
import { PngTiles } from './png-source.js';
import type { OpenTileSource } from './tile-source.js';

const npyMagic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

/** What a file is, by its first bytes. */
async function kindOf(source: FileSource, options: { what: string; signal?: AbortSignal | undefined }) {
  const cursor = new ByteCursor(byteStream(source, options));
  try {
    const start = await cursor.take(8, 'an image');
    if (pngSignature.every((byte, i) => start[i] === byte)) return 'png';
    if (npyMagic.every((byte, i) => start[i] === byte)) return 'npy';
    throw new FormatError(
      `${cursor.label}: expected a PNG or .npy file, got another; in browsers tilesFromBlob reads what they can, and ` +
        'tilesFromGeoTiff reads TIFF files',
    );
  } finally {
    await cursor.close();
  }
}

/**
 * A large image in a file. A PNG (8 bits a sample, not interlaced) is read row by row, once for the small picture and once
 * for the chosen tiles, and never held as a whole; alpha is dropped. Of a NumPy file [height, width] or [height, width,
 * channels] only what is asked for is read, of one on a web server by range requests. Close the source at the end.
 *
 * @param source a path (in Node), a URL object, a File or Blob, or bytes; a PNG at a URL is fetched for each pass
 * @param options `signal` stops all reading with its reason
 * @throws {FormatError} for damaged files and for those that cannot be read so @throws {SaccadeError} with code `io` if the
 *   file cannot be read @throws {OptionError} for a source of no known kind
 */
export async function tilesFromFile(source: FileSource, options: OpenOptions = {}): Promise<OpenTileSource> {
  const { signal } = checkOptions('tilesFromFile', options, ['signal']);
  const named = { what: 'tilesFromFile', signal };
  if ((await kindOf(source, named)) === 'npy') return openNpyTiles('tilesFromFile', source, { signal });
  return PngTiles.open(() => byteStream(source, named));
}

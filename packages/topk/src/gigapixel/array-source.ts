/** Pixels that lie uncompressed in a file, as sources of tiles: only what is asked for is read. */
import {
  type ByteSource,
  checkOptions,
  type FileSource,
  FormatError,
  type OpenOptions,
  OptionError,
  openSource,
  parseNpyHeader,
  quote,
  requireCount,
  type StoredDType,
  storedBytes,
  viewStored,
} from '@saccade/tensor';
import type { OpenTileSource, PixelData, TilePixels } from './tile-source.js';

/** Element types of pixels in a file. */
export type RawPixelType = 'uint8' | 'uint16' | 'int16' | 'float32' | 'float64';

const storedTypes: Readonly<Record<RawPixelType, StoredDType>> = {
  uint8: 'U8',
  uint16: 'U16',
  int16: 'I16',
  float32: 'F32',
  float64: 'F64',
};

/** Options of {@link tilesFromRaw}. */
export interface RawTilesOptions {
  readonly height: number;
  readonly width: number;
  /** Default: 1. */
  readonly channels?: number | undefined;
  /** Default: 'uint8'. */
  readonly dtype?: RawPixelType | undefined;
  /** Where the pixels begin in the file, in bytes. Default: 0. */
  readonly offset?: number | undefined;
  /** Default: true. */
  readonly littleEndian?: boolean | undefined;
}

/** Where and how the pixels lie. */
interface Layout {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly dtype: StoredDType;
  readonly dataStart: number;
  readonly littleEndian: boolean;
}

/** @throws {FormatError} if the file is too short for the layout */
function tilesOf(file: ByteSource, layout: Layout): OpenTileSource {
  const { height, width, channels, dtype, dataStart, littleEndian } = layout;
  const pixelBytes = channels * storedBytes(dtype);
  const end = dataStart + height * width * pixelBytes;
  if (end > file.size) {
    throw new FormatError(
      `${file.label}: expected ${height} x ${width} x ${channels} pixels of ${dtype}, ${end} bytes in all, got ${file.size}`,
    );
  }
  return {
    height,
    width,
    async getTile(window, { signal }): Promise<TilePixels> {
      // Whole rows lie together.
      const isWhole = window.width === width;
      const pieces = isWhole ? 1 : window.height;
      const bytes = (isWhole ? window.height : 1) * window.width * pixelBytes;
      const tile = new Uint8Array(pieces * bytes);
      for (let piece = 0; piece < pieces; piece++) {
        signal?.throwIfAborted();
        const begin = dataStart + ((window.top + piece) * width + window.left) * pixelBytes;
        tile.set(await file.read(begin, begin + bytes), piece * bytes);
      }
      return { ...window, channels, data: viewStored(tile, dtype, littleEndian) as PixelData };
    },
    close: () => file.close(),
  };
}

/** Makes a source of an open file, and closes the file where that fails. */
async function closing(
  file: ByteSource,
  make: () => OpenTileSource | Promise<OpenTileSource>,
): Promise<OpenTileSource> {
  try {
    return await make();
  } catch (error) {
    await file.close();
    throw error;
  }
}

const names = ['height', 'width', 'channels', 'dtype', 'offset', 'littleEndian'] as const;

/**
 * Pixels [height, width, channels] that lie row by row in a file. Close the source at the end.
 *
 * @param source a path (in Node), a URL object (`http:` and `https:` by range requests), a File or Blob, or bytes
 * @throws {OptionError} for options out of range @throws {FormatError} if the file is too short
 * @throws {SaccadeError} with code `io` if it cannot be opened
 */
export async function tilesFromRaw(source: FileSource, options: RawTilesOptions): Promise<OpenTileSource> {
  const op = 'tilesFromRaw';
  const {
    height,
    width,
    channels = 1,
    dtype = 'uint8',
    offset = 0,
    littleEndian = true,
  } = checkOptions(op, options, names);
  requireCount(op, 'height', height, 1, 2 ** 26);
  requireCount(op, 'width', width, 1, 2 ** 26);
  requireCount(op, 'channels', channels, 1, 1024);
  requireCount(op, 'offset', offset, 0, 2 ** 50);
  if (!Object.hasOwn(storedTypes, dtype)) {
    throw new OptionError(`${op}: dtype must be ${Object.keys(storedTypes).join(', ')}, got ${quote(dtype)}`);
  }
  const file = await openSource(source, {}, op);
  const layout = { height, width, channels, dtype: storedTypes[dtype], dataStart: offset, littleEndian };
  return closing(file, () => tilesOf(file, layout));
}

/** Bytes that hold the header of every .npy file. */
const npyHeaderBytes = 12 + 65_536;

/** A NumPy file [height, width] or [height, width, channels], opened under the name that errors bear. @throws {FormatError} */
export async function openNpyTiles(op: string, source: FileSource, options: OpenOptions): Promise<OpenTileSource> {
  const file = await openSource(source, options, op);
  return closing(file, async () => {
    const header = parseNpyHeader(await file.read(0, Math.min(file.size, npyHeaderBytes)), file.label);
    const { dtype, shape, fortranOrder, dataStart, littleEndian } = header;
    const [height = 0, width = 0, channels = 1] = shape;
    if (shape.length < 2 || shape.length > 3 || height * width * channels === 0 || fortranOrder) {
      const order = fortranOrder ? ' column by column' : '';
      throw new FormatError(
        `${file.label}: expected [height, width] or [height, width, channels], row by row, got [${shape}]${order}`,
      );
    }
    if (!Object.values(storedTypes).includes(dtype)) {
      throw new FormatError(`${file.label}: expected ${Object.keys(storedTypes).join(', ')}, got ${dtype}`);
    }
    return tilesOf(file, { height, width, channels, dtype, dataStart, littleEndian });
  });
}

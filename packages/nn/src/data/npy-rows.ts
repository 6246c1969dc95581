/** Streaming the rows of a NumPy .npy file. */
import {
  checkOptions,
  convertStored,
  type FileSource,
  FormatError,
  type NpyHeader,
  type OpenOptions,
  parseNpyHeader,
  type ReadOptions,
  requireCount,
  storedBytes,
  type Tensor,
  tensor,
  viewStored,
} from '@saccade/tensor';
import { ByteCursor } from './byte-cursor.js';
import { byteStream } from './byte-stream.js';
import { joined } from './joined.js';

/** Options of {@link npyRows}. */
export interface NpyRowsOptions extends OpenOptions, ReadOptions {
  /** Rows in a tensor. Default: 256. */
  readonly batch?: number | undefined;
}

const maxHeaderBytes = 65_536;

/** The header, taken from the stream, whose size it does not know. */
async function takeHeader(cursor: ByteCursor): Promise<NpyHeader> {
  const { label } = cursor;
  const start = await cursor.take(10, 'the header');
  if (start[0] !== 0x93 || start[6]! < 1 || start[6]! > 3) return parseNpyHeader(start, label); // says what is wrong
  const wide = start[6] === 1 ? new Uint8Array(0) : await cursor.take(2, 'the header');
  const length = new DataView(joined(start.subarray(8), wide, new Uint8Array(2)).buffer).getUint32(0, true);
  const text = length > maxHeaderBytes ? new Uint8Array(0) : await cursor.take(length, 'the header');
  return parseNpyHeader(joined(start, wide, text), label);
}

async function openNpy(cursor: ByteCursor): Promise<NpyHeader & { readonly rowBytes: number }> {
  const { label } = cursor;
  const header = await takeHeader(cursor);
  const { shape, dtype, fortranOrder } = header;
  if (shape.length === 0) throw new FormatError(`${label}: expected an array with rows, got a single number`);
  if (shape.length > 1 && fortranOrder) {
    throw new FormatError(`${label}: expected rows one after the other, got column-major order; use loadNpy`);
  }
  const rowBytes = shape.slice(1).reduce((bytes, extent) => bytes * extent, storedBytes(dtype));
  if (rowBytes === 0 || rowBytes * Math.max(1, shape[0]!) > Number.MAX_SAFE_INTEGER) {
    throw new FormatError(`${label}: expected rows with elements, less than 2^53 bytes in all, got shape [${shape}]`);
  }
  return { ...header, rowBytes };
}

async function* rowTensors(
  cursor: ByteCursor,
  batch: number,
  options: ReadOptions,
): AsyncGenerator<Tensor, void, undefined> {
  const { label } = cursor;
  try {
    const { shape, rowBytes, dtype: type, littleEndian } = await openNpy(cursor);
    const total = shape[0]!;
    for (let done = 0; done < total; done += batch) {
      const rows = Math.min(batch, total - done);
      const body = await cursor.take(rows * rowBytes, `rows of shape [${shape.slice(1)}]`);
      const what = `${label}, rows ${done} to ${done + rows - 1}`;
      const stored = { dtype: type, shape: [rows, ...shape.slice(1)], data: viewStored(body, type, littleEndian) };
      const { dtype, values } = convertStored(stored, options, what);
      yield tensor(values, { shape: stored.shape, dtype, device: options.device });
    }
    await cursor.end();
  } finally {
    await cursor.close();
  }
}

/**
 * The rows of a .npy file (gzip or not), in order, as tensors [at most batch, ...] that are the caller's; never holds
 * the file. Row-major files, and those with one axis.
 *
 * @param source a path (in Node), a URL object, a File or Blob, or bytes
 * @param options `batch`: rows in a tensor, default 256; `dtype` and `device` as for `loadNpy`; `signal`
 * @throws {FormatError}, when it gets there, if the file breaks a rule of the format, is too short or too long, has
 *   column-major order, or holds a value that does not fit the dtype
 * @throws {OptionError} for options that do not fit
 * @throws {SaccadeError} with code `io` if it cannot be read
 */
export function npyRows(source: FileSource, options: NpyRowsOptions = {}): AsyncGenerator<Tensor, void, undefined> {
  const names = ['batch', 'dtype', 'device', 'signal'] as const;
  const { batch = 256, signal, ...rest } = checkOptions('npyRows', options, names);
  requireCount('npyRows', 'batch', batch, 1);
  return rowTensors(new ByteCursor(byteStream(source, { signal, what: 'npyRows' })), batch, rest);
}

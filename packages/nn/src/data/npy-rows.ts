/** Streaming the rows of a NumPy .npy file: each batch is a small .npy of its own, with the file's header and fewer rows. */
import {
  checkOptions,
  convertStored,
  decodeNpy,
  type FileSource,
  FormatError,
  type OpenOptions,
  type ReadOptions,
  type Tensor,
  tensor,
} from '@saccade/tensor';
import { requireCount } from '../check.js';
import { ByteCursor } from './byte-cursor.js';
import { byteStream } from './byte-stream.js';
import { joined } from './joined.js';

/** Options of {@link npyRows}. */
export interface NpyRowsOptions extends OpenOptions, ReadOptions {
  /** Rows in a tensor. Default: 256. */
  readonly batch?: number | undefined;
}

interface NpyFile {
  readonly shape: readonly number[];
  readonly rowBytes: number;
  /** The header of a file with so many rows. */
  headerFor(rows: number): Uint8Array;
}

const maxHeaderBytes = 65_536;

/** The whole header, up to the data. */
async function takeHeader(cursor: ByteCursor): Promise<Uint8Array> {
  const start = await cursor.take(10, 'the header');
  const isNpy = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59].every((byte, i) => start[i] === byte);
  if (!isNpy) {
    throw new FormatError(`${cursor.label}, byte 0: a .npy file begins with \\x93NUMPY, this one does not`);
  }
  const wide = start[6] === 1 ? new Uint8Array(0) : await cursor.take(2, 'the header');
  const view = new DataView(Uint8Array.of(...start.subarray(8), ...wide, 0, 0).buffer);
  const length = view.getUint32(0, true);
  if (length > maxHeaderBytes) {
    throw new FormatError(
      `${cursor.label}, byte 8: expected a header of at most ${maxHeaderBytes} bytes, got ${length}`,
    );
  }
  const text = await cursor.take(length, 'the header');
  return joined(start, wide, text);
}

/** The dimensions, and where in the header the first of them stands. */
function findShape(header: string, label: string): { shape: number[]; from: number; to: number } {
  // Bounded repetitions: a hostile header must not make the search take long.
  const match = /(['"])shape\1\s*:\s*\(\s*((\d{1,16})[^)]{0,600})\)/.exec(header);
  const [whole = '', , tuple = '', first = ''] = match ?? [];
  const parts = tuple.split(',').map((part) => part.trim());
  if (parts.at(-1) === '') parts.pop();
  if (match === null || parts.some((part) => !/^\d{1,16}L?$/.test(part))) {
    throw new FormatError(`${label}, byte 10: expected a header with the shape of an array with rows, got another`);
  }
  const from = match.index + whole.length - tuple.length - 1;
  return { shape: parts.map((part) => Number.parseInt(part, 10)), from, to: from + first.length };
}

async function openNpy(cursor: ByteCursor): Promise<NpyFile> {
  const { label } = cursor;
  const header = await takeHeader(cursor);
  const text = Array.from(header, (byte) => String.fromCharCode(byte)).join('');
  const { shape, from, to } = findShape(text, label);
  const headerFor = (rows: number): Uint8Array => {
    const digits = String(rows).padEnd(to - from);
    return Uint8Array.from(header, (byte, i) => (i < from || i >= to ? byte : digits.charCodeAt(i - from)));
  };
  // With no rows the file is its header alone, which is so checked in full.
  const { data } = decodeNpy(headerFor(0), label);
  if (shape.length > 1 && /fortran_order['"]\s*:\s*True/.test(text)) {
    throw new FormatError(`${label}: expected rows one after the other, got column-major order; use loadNpy`);
  }
  let rowBytes = data.BYTES_PER_ELEMENT;
  for (const extent of shape.slice(1)) rowBytes *= extent;
  if (rowBytes === 0 || rowBytes * Math.max(1, shape[0]!) > Number.MAX_SAFE_INTEGER) {
    throw new FormatError(`${label}: expected rows with elements, less than 2^53 bytes in all, got shape [${shape}]`);
  }
  return { shape, rowBytes, headerFor };
}

async function* rowTensors(
  cursor: ByteCursor,
  batch: number,
  options: ReadOptions,
): AsyncGenerator<Tensor, void, undefined> {
  const { label } = cursor;
  try {
    const { shape, rowBytes, headerFor } = await openNpy(cursor);
    const total = shape[0]!;
    for (let done = 0; done < total; done += batch) {
      const rows = Math.min(batch, total - done);
      const body = await cursor.take(rows * rowBytes, `rows of shape [${shape.slice(1)}]`);
      const what = `${label}, rows ${done} to ${done + rows - 1}`;
      const stored = decodeNpy(joined(headerFor(rows), body), what);
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
 * @throws FormatError, when it gets there, if the file breaks a rule of the format, is too short or too long, has
 *   column-major order, or holds a value that does not fit the dtype
 * @throws OptionError for options that do not fit
 * @throws SaccadeError with code `io` if it cannot be read
 */
export function npyRows(source: FileSource, options: NpyRowsOptions = {}): AsyncGenerator<Tensor, void, undefined> {
  const names = ['batch', 'dtype', 'device', 'signal'] as const;
  const { batch = 256, signal, ...rest } = checkOptions('npyRows', options, names);
  requireCount('npyRows', 'batch', batch, 1);
  return rowTensors(new ByteCursor(byteStream(source, { ...(signal && { signal }), what: 'npyRows' })), batch, rest);
}

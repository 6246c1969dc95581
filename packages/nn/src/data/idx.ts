/** The IDX format, in which MNIST and its relatives come: a big-endian array with its shape in front. */
import { checkOptions, type FileSource, FormatError, type OpenOptions, requireCount } from '@saccade/tensor';
import { ByteCursor } from './byte-cursor.js';
import { byteStream } from './byte-stream.js';

/** Element types of the format. */
export type IdxDType = 'uint8' | 'int8' | 'int16' | 'int32' | 'float32' | 'float64';

/** An array of one of the element types. */
export type IdxData = Uint8Array | Int8Array | Int16Array | Int32Array | Float32Array | Float64Array;

interface IdxType {
  readonly dtype: IdxDType;
  readonly bytes: number;
  readonly array: new (buffer: ArrayBuffer) => IdxData;
}

const types = new Map<number, IdxType>([
  [0x08, { dtype: 'uint8', bytes: 1, array: Uint8Array }],
  [0x09, { dtype: 'int8', bytes: 1, array: Int8Array }],
  [0x0b, { dtype: 'int16', bytes: 2, array: Int16Array }],
  [0x0c, { dtype: 'int32', bytes: 4, array: Int32Array }],
  [0x0d, { dtype: 'float32', bytes: 4, array: Float32Array }],
  [0x0e, { dtype: 'float64', bytes: 8, array: Float64Array }],
]);

/** What an IDX file holds. */
export interface IdxArray {
  readonly dtype: IdxDType;
  /** Extents, items first. */
  readonly shape: readonly number[];
  /** Row-major. */
  readonly data: IdxData;
}

/** Options of {@link readIdx}. */
export interface IdxOptions extends OpenOptions {
  /** Read only the first so many items; what follows is not looked at. Default: all. */
  readonly limit?: number | undefined;
}

/** Options of {@link idxItems}. */
export interface IdxItemsOptions extends IdxOptions {
  /** Items in a chunk. Default: 256. */
  readonly batch?: number | undefined;
}

interface IdxHeader {
  readonly type: IdxType;
  readonly shape: readonly number[];
  /** Elements of one item. */
  readonly itemSize: number;
}

async function readHeader(cursor: ByteCursor): Promise<IdxHeader> {
  const { label } = cursor;
  const [zero0, zero1, code = 0, rank = 0] = await cursor.take(4, 'the magic number');
  const type = types.get(code);
  if (zero0 !== 0 || zero1 !== 0 || type === undefined) {
    const got = [zero0, zero1, code, rank].join(' ');
    throw new FormatError(
      `${label}, byte 0: an IDX file begins with 0 0, a type (8, 9, 11 to 14) and the number of axes, got ${got}`,
    );
  }
  if (rank < 1 || rank > 8) throw new FormatError(`${label}, byte 3: expected 1 to 8 axes, got ${rank}`);
  const view = new DataView((await cursor.take(4 * rank, 'the shape')).buffer);
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 * axis));
  let itemSize = 1;
  for (const extent of shape.slice(1)) itemSize *= extent;
  if (itemSize === 0 || itemSize * Math.max(1, shape[0]!) * type.bytes > Number.MAX_SAFE_INTEGER) {
    throw new FormatError(
      `${label}, byte 4: expected items of at least one element and less than 2^53 bytes in all, got shape [${shape}]`,
    );
  }
  return { type, shape, itemSize };
}

/** The bytes of big-endian elements, which are changed in place, as typed array of this machine. */
function fromBigEndian(bytes: Uint8Array<ArrayBuffer>, { array }: IdxType): IdxData {
  const data = new array(bytes.buffer);
  const view = new DataView(bytes.buffer);
  if (data instanceof Int16Array) for (let i = 0; i < data.length; i++) data[i] = view.getInt16(2 * i);
  else if (data instanceof Int32Array) for (let i = 0; i < data.length; i++) data[i] = view.getInt32(4 * i);
  else if (data instanceof Float32Array) for (let i = 0; i < data.length; i++) data[i] = view.getFloat32(4 * i);
  else if (data instanceof Float64Array) for (let i = 0; i < data.length; i++) data[i] = view.getFloat64(8 * i);
  return data;
}

async function takeItems(cursor: ByteCursor, { type, shape, itemSize }: IdxHeader, count: number): Promise<IdxArray> {
  const bytes = await cursor.take(count * itemSize * type.bytes, `items of shape [${shape.slice(1)}]`);
  return { dtype: type.dtype, shape: [count, ...shape.slice(1)], data: fromBigEndian(bytes, type) };
}

/**
 * Reads an IDX file, gzip or not. It must end where its shape says, unless `limit` leaves some out.
 *
 * @param source a path (in Node), a URL object, a File or Blob, or bytes
 * @param options `limit`: only the first so many items; `signal`
 * @throws {FormatError} if the file breaks a rule of the format, is too short or too long
 * @throws {SaccadeError} with code `io` if it cannot be read
 */
export async function readIdx(source: FileSource, options: IdxOptions = {}): Promise<IdxArray> {
  const { limit = Number.MAX_SAFE_INTEGER, signal } = checkOptions('readIdx', options, ['limit', 'signal']);
  requireCount('readIdx', 'limit', limit, 1);
  const cursor = new ByteCursor(byteStream(source, { signal, what: 'readIdx' }));
  try {
    const header = await readHeader(cursor);
    const count = header.shape[0]!;
    const items = await takeItems(cursor, header, Math.min(limit, count));
    if (limit >= count) await cursor.end();
    return items;
  } finally {
    await cursor.close();
  }
}

async function* chunks(cursor: ByteCursor, limit: number, batch: number): AsyncGenerator<IdxArray, void, undefined> {
  try {
    const header = await readHeader(cursor);
    const count = header.shape[0]!;
    const wanted = Math.min(limit, count);
    for (let done = 0; done < wanted; done += batch) {
      yield await takeItems(cursor, header, Math.min(batch, wanted - done));
    }
    if (limit >= count) await cursor.end();
  } finally {
    await cursor.close();
  }
}

/**
 * The items of an IDX file in chunks, each with its own shape [at most batch, ...]; never holds the file.
 *
 * @param source a path (in Node), a URL object, a File or Blob, or bytes
 * @param options `batch`: items in a chunk, default 256; `limit`: only the first so many items; `signal`
 * @throws {FormatError}, when it gets there, if the file breaks a rule of the format, is too short or too long
 * @throws {SaccadeError} with code `io` if it cannot be read
 */
export function idxItems(source: FileSource, options: IdxItemsOptions = {}): AsyncGenerator<IdxArray, void, undefined> {
  const names = ['batch', 'limit', 'signal'] as const;
  const { batch = 256, limit = Number.MAX_SAFE_INTEGER, signal } = checkOptions('idxItems', options, names);
  requireCount('idxItems', 'batch', batch, 1);
  requireCount('idxItems', 'limit', limit, 1);
  return chunks(new ByteCursor(byteStream(source, { signal, what: 'idxItems' })), limit, batch);
}

/** The header of a safetensors file: checked completely, from its length alone, before any tensor is looked at. */
import { FormatError } from '@saccade/kernels';
import { countStored, isStoredDType, type StoredDType, storedBytes } from './stored.js';
import { type HeaderValue, parseHeaderObject, utf8Text } from './strict-json.js';

/** Bytes before the header: its length as unsigned 64-bit integer. */
export const safetensorsPrefixBytes = 8;

/** The longest header that is read; the reference implementation has the same limit. */
export const maxHeaderBytes = 100_000_000;

/** What the header says about one tensor. */
export interface SafetensorsInfo {
  /** Element type in the file. */
  readonly dtype: StoredDType;
  readonly shape: readonly number[];
  /** First byte and the byte after the last, counted from the end of the header. */
  readonly offsets: readonly [begin: number, end: number];
}

/** A whole header, checked. */
export interface SafetensorsHeader {
  /** The tensors in the order of the header. */
  readonly tensors: ReadonlyMap<string, SafetensorsInfo>;
  /** The texts under `__metadata__`; an object without prototype, empty if the file has none. */
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Reads the first 8 bytes of a file.
 *
 * @param prefix at least the first 8 bytes, or the whole file if it is shorter
 * @param fileBytes size of the whole file
 * @param what how an error names the file
 * @returns bytes of the header that follows
 * @throws {FormatError} if the file is shorter than 8 bytes, or the length is 0, beyond the file, or above 100 MB
 */
export function readHeaderLength(prefix: Uint8Array, fileBytes: number, what: string): number {
  if (fileBytes < safetensorsPrefixBytes || prefix.length < safetensorsPrefixBytes) {
    throw new FormatError(`${what}: a safetensors file has at least 8 bytes, got ${fileBytes}`);
  }
  const view = new DataView(prefix.buffer, prefix.byteOffset, safetensorsPrefixBytes);
  const length = view.getBigUint64(0, true);
  if (length > BigInt(maxHeaderBytes)) {
    const isJson = prefix[0] === 0x7b;
    throw new FormatError(
      `${what}: header length must be at most ${maxHeaderBytes} bytes, got ${length}` +
        (isJson ? '; an index of several files, which is JSON, is for openShardedSafetensors' : ''),
    );
  }
  if (Number(length) > fileBytes - safetensorsPrefixBytes) {
    throw new FormatError(`${what}: header of ${length} bytes does not fit into a file of ${fileBytes} bytes`);
  }
  return Number(length);
}

function integerList(value: HeaderValue | undefined, what: string, field: string): number[] {
  if (!Array.isArray(value)) throw new FormatError(`${what}: ${field} must be a list of integers`);
  for (const item of value) {
    if (typeof item !== 'number' || item < 0 || Object.is(item, -0)) {
      throw new FormatError(`${what}: ${field} must hold integers in [0, 2^53 - 1], got ${String(item)}`);
    }
  }
  return value as number[];
}

function readDType(value: HeaderValue | undefined, what: string): StoredDType {
  if (typeof value !== 'string') throw new FormatError(`${what}: dtype must be a string`);
  if (isStoredDType(value)) return value;
  const reason = /^[FC][0-9]/.test(value) ? 'is not supported' : 'is unknown';
  throw new FormatError(`${what}: dtype ${JSON.stringify(value)} ${reason}`);
}

function readInfo(value: HeaderValue, dataBytes: number, what: string): SafetensorsInfo {
  if (!(value instanceof Map)) throw new FormatError(`${what}: expected an object with dtype, shape and data_offsets`);
  const dtype = readDType(value.get('dtype'), what);
  const shape = integerList(value.get('shape'), what, 'shape');
  const [begin, end, ...rest] = integerList(value.get('data_offsets'), what, 'data_offsets');
  if (begin === undefined || end === undefined || rest.length > 0) {
    throw new FormatError(`${what}: data_offsets must be two integers`);
  }
  if (begin > end || end > dataBytes) {
    throw new FormatError(`${what}: data_offsets [${begin}, ${end}] must be ascending and within ${dataBytes} bytes`);
  }
  const expected = countStored(shape, what) * storedBytes(dtype);
  if (expected !== end - begin) {
    throw new FormatError(
      `${what}: shape [${shape.join(', ')}] of ${dtype} needs ${expected} bytes, data_offsets give ${end - begin}`,
    );
  }
  return { dtype, shape, offsets: [begin, end] };
}

function readMetadata(value: HeaderValue, what: string): Record<string, string> {
  if (!(value instanceof Map)) throw new FormatError(`${what}: __metadata__ must be an object of strings`);
  const metadata: Record<string, string> = Object.create(null);
  for (const [name, text] of value) {
    if (typeof text !== 'string') {
      throw new FormatError(`${what}: __metadata__ must hold strings only, ${JSON.stringify(name)} is none`);
    }
    metadata[name] = text;
  }
  return metadata;
}

/** Tensors must lie one after another without gap or overlap and end where the file ends. */
function checkCoverage(tensors: ReadonlyMap<string, SafetensorsInfo>, dataBytes: number, what: string): void {
  const order = [...tensors].sort(([, a], [, b]) => a.offsets[0] - b.offsets[0] || a.offsets[1] - b.offsets[1]);
  let position = 0;
  for (const [name, { offsets }] of order) {
    if (offsets[0] !== position) {
      const fault = offsets[0] < position ? 'overlaps the tensor before it' : 'leaves a gap before it';
      throw new FormatError(
        `${what}: tensor ${JSON.stringify(name)} ${fault} (begins at ${offsets[0]}, not ${position})`,
      );
    }
    position = offsets[1];
  }
  if (position !== dataBytes) {
    throw new FormatError(`${what}: tensors end at byte ${position}, the data have ${dataBytes} bytes`);
  }
}

/**
 * Parses and checks a header. Nothing of the size that the header states is allocated.
 *
 * @param bytes the header without its 8-byte length
 * @param dataBytes bytes of the file behind the header
 * @param what how an error names the file
 * @throws {FormatError} if the header is no strict JSON object in UTF-8, a dtype is unknown or unsupported, a shape does
 *   not match its bytes, offsets overlap, leave gaps or miss the end, a name occurs twice, or metadata are no strings
 */
export function parseSafetensorsHeader(bytes: Uint8Array, dataBytes: number, what: string): SafetensorsHeader {
  const text = utf8Text(bytes, `${what}: the header`);
  if (text[0] !== '{') throw new FormatError(`${what}: the header must begin with '{'`);
  const tensors = new Map<string, SafetensorsInfo>();
  let metadata: Record<string, string> = Object.create(null);
  parseHeaderObject(text, what, (name, value) => {
    if (name === '__metadata__') metadata = readMetadata(value, what);
    else tensors.set(name, readInfo(value, dataBytes, `${what}: tensor ${JSON.stringify(name)}`));
  });
  checkCoverage(tensors, dataBytes, what);
  return { tensors, metadata };
}

/** The header of a NumPy .npy file: a Python dict literal, read by a small strict parser and never evaluated. */
import { FormatError } from '@saccade/kernels';
import { countStored, maxStoredRank, type StoredDType, storedBytes } from './stored.js';

/** What the header says about the array. */
export interface NpyHeader {
  readonly dtype: StoredDType;
  readonly littleEndian: boolean;
  /** True if the first axis varies fastest in the file. */
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
  /** Offset of the data in the file. */
  readonly dataStart: number;
}

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
const maxHeaderBytes = 65_536;

const kinds: Record<string, StoredDType> = {
  f8: 'F64',
  f4: 'F32',
  f2: 'F16',
  i8: 'I64',
  i4: 'I32',
  i2: 'I16',
  i1: 'I8',
  u8: 'U64',
  u4: 'U32',
  u2: 'U16',
  u1: 'U8',
  b1: 'BOOL',
};

/** The NumPy type code of a stored element type, without byte order; undefined for BF16, which NumPy lacks. */
export function npyCode(dtype: StoredDType): string | undefined {
  return Object.keys(kinds).find((code) => kinds[code] === dtype);
}

type DictValue = string | boolean | number[];

/** Reads `{'name': value, ...}` where a value is a string, True, False or a tuple of non-negative integers. */
function parseDict(text: string, what: string): Map<string, DictValue> {
  let rest = text;

  function fail(problem: string): never {
    throw new FormatError(`${what}: ${problem} at ${JSON.stringify(rest.slice(0, 40))} in the header`);
  }

  function take(pattern: RegExp): string | undefined {
    const match = pattern.exec(rest);
    if (match === null) return undefined;
    rest = rest.slice(match[0].length).trimStart();
    return match[1] ?? match[0];
  }

  function quoted(): string | undefined {
    return take(/^'([^'\\\n]*)'/) ?? take(/^"([^"\\\n]*)"/);
  }

  function tuple(): number[] {
    const items: number[] = [];
    while (take(/^\)/) === undefined) {
      // Python 2 wrote long integers as 3L.
      const digits = take(/^([0-9]{1,16})L?(?![0-9A-Za-z.])/) ?? fail('expected a non-negative integer below 10^16');
      items.push(Number(digits));
      if (items.length > maxStoredRank) fail(`more than ${maxStoredRank} dimensions`);
      const comma = take(/^,/);
      if (comma === undefined && (items.length === 1 || !rest.startsWith(')'))) fail("expected ','");
    }
    return items;
  }

  function value(): DictValue {
    const word = take(/^(?:True|False)(?![0-9A-Za-z_])/);
    if (word !== undefined) return word === 'True';
    if (take(/^\(/) !== undefined) return tuple();
    if (rest.startsWith('[')) fail('structured arrays are not supported');
    return quoted() ?? fail('expected a string, True, False or a tuple of integers');
  }

  const entries = new Map<string, DictValue>();
  rest = rest.trimStart();
  if (take(/^\{/) === undefined) fail("expected '{'");
  while (take(/^\}/) === undefined) {
    const name = quoted() ?? fail('expected a quoted name');
    if (entries.has(name)) fail(`duplicate name ${name}`);
    if (take(/^:/) === undefined) fail("expected ':'");
    entries.set(name, value());
    if (take(/^,/) === undefined && !rest.startsWith('}')) fail("expected ',' or '}'");
  }
  if (rest !== '') fail('expected the end');
  return entries;
}

function readDescription(
  description: DictValue | undefined,
  what: string,
): { dtype: StoredDType; littleEndian: boolean } {
  const match = /^([<>|])([a-zA-Z][0-9]*)$/.exec(typeof description === 'string' ? description : '');
  const [, order = '', code = ''] = match ?? [];
  const dtype = Object.hasOwn(kinds, code) ? kinds[code] : undefined;
  if (dtype === undefined || (order === '|' && storedBytes(dtype) > 1)) {
    const hint = code.startsWith('O') ? ' (pickled Python objects are never read)' : '';
    throw new FormatError(`${what}: dtype ${JSON.stringify(description)} is unknown or not supported${hint}`);
  }
  return { dtype, littleEndian: order !== '>' };
}

function decodeText(bytes: Uint8Array, encoding: string, what: string): string {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(new Uint8Array(bytes));
  } catch (cause) {
    throw new FormatError(`${what}: the header is not ${encoding}`, { cause });
  }
}

/**
 * Parses and checks the header of a .npy file, versions 1.0, 2.0 and 3.0, without any allocation of stated size.
 *
 * @param bytes the file, or its beginning with the whole header in it
 * @param what how an error names the file
 * @throws {FormatError} if the magic, the version or the header is not what the format demands
 */
export function parseNpyHeader(bytes: Uint8Array, what: string): NpyHeader {
  if (bytes.length < 10 || magic.some((byte, i) => bytes[i] !== byte)) {
    throw new FormatError(`${what}: a .npy file begins with \\x93NUMPY and a version, this one does not`);
  }
  const [major, minor] = [bytes[6]!, bytes[7]!];
  if (major < 1 || major > 3 || minor !== 0) {
    throw new FormatError(`${what}: version must be 1.0, 2.0 or 3.0, got ${major}.${minor}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerStart = major === 1 ? 10 : 12;
  if (bytes.length < headerStart) throw new FormatError(`${what}: the file ends within its header`);
  const headerBytes = major === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  const dataStart = headerStart + headerBytes;
  if (headerBytes > maxHeaderBytes || dataStart > bytes.length) {
    throw new FormatError(
      `${what}: header of ${headerBytes} bytes is above ${maxHeaderBytes} or does not fit into ${bytes.length} bytes`,
    );
  }
  const text = decodeText(bytes.subarray(headerStart, dataStart), major === 3 ? 'utf-8' : 'latin1', what);
  const dict = parseDict(text, what);
  const shape = dict.get('shape');
  const fortranOrder = dict.get('fortran_order');
  if (dict.size !== 3 || !Array.isArray(shape) || typeof fortranOrder !== 'boolean' || !dict.has('descr')) {
    throw new FormatError(`${what}: the header must hold descr, fortran_order and shape, got ${[...dict.keys()]}`);
  }
  const { dtype, littleEndian } = readDescription(dict.get('descr'), what);
  countStored(shape, what);
  return { dtype, littleEndian, fortranOrder, shape, dataStart };
}

/** Unpacks DEFLATE data (RFC 1951): the binaries travel packed inside the JavaScript, and compile at once, without a stream. */
import { FormatError } from '../errors.js';

/** Codes of one alphabet: how many there are of each length, and the symbols in the order of their codes. */
interface Codes {
  readonly counts: Uint16Array;
  readonly symbols: Uint16Array;
}

/** Codes from the length of each symbol's code (section 3.2.2). */
function codesOf(lengths: ArrayLike<number>): Codes {
  const counts = new Uint16Array(16);
  for (let s = 0; s < lengths.length; s++) counts[lengths[s]!]!++;
  counts[0] = 0;
  const next = new Uint16Array(16);
  for (let bits = 1; bits < 16; bits++) next[bits] = next[bits - 1]! + counts[bits - 1]!;
  const symbols = new Uint16Array(lengths.length);
  for (let s = 0; s < lengths.length; s++) if (lengths[s]! > 0) symbols[next[lengths[s]!]!++] = s;
  return { counts, symbols };
}

/** Base values for lengths and distances: `group` codes share a number of extra bits (section 3.2.5). */
function bases(first: number, codes: number, group: number): Uint16Array {
  const list = new Uint16Array(codes);
  for (let code = 0, base = first; code < codes; code++) {
    list[code] = base;
    base += 1 << extraBits(code, group);
  }
  return list;
}

/** Extra bits that follow a length (group 4) or distance (group 2) code. */
function extraBits(code: number, group: number): number {
  return Math.max(0, Math.floor(code / group) - 1);
}

const lengthBases = bases(3, 29, 4);
const distanceBases = bases(1, 30, 2);
/** The order in which lengths of code-length codes are stored (section 3.2.7). */
const order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/** The unpacked bytes. @param size how many there are @throws {FormatError} if the data is not DEFLATE of that size */
export function inflate(packed: Uint8Array, size: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(size);
  let at = 0;
  let position = 0;

  const bits = (count: number): number => {
    let value = 0;
    for (let i = 0; i < count; i++, position++) {
      value |= ((packed[position >> 3]! >> (position & 7)) & 1) << i;
    }
    return value;
  };
  const symbol = ({ counts, symbols }: Codes): number => {
    for (let length = 1, code = 0, first = 0, index = 0; length < 16; length++) {
      code |= bits(1);
      const count = counts[length]!;
      if (code - count < first) return symbols[index + code - first]!;
      index += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    throw new FormatError('inflate: no code of this kind');
  };
  const storedBlock = (): void => {
    position = (position + 7) & ~7;
    for (let rest = bits(16), _complement = bits(16); rest > 0; rest--) out[at++] = bits(8);
  };
  const dynamicCodes = (): [Codes, Codes] => {
    const [literals, distances, count] = [bits(5) + 257, bits(5) + 1, bits(4) + 4];
    const own = new Uint8Array(19);
    for (let i = 0; i < count; i++) own[order[i]!] = bits(3);
    const lengths = new Uint8Array(literals + distances);
    const codes = codesOf(own);
    for (let i = 0; i < lengths.length; ) {
      const s = symbol(codes);
      if (s < 16) lengths[i++] = s;
      else {
        const value = s === 16 ? lengths[i - 1]! : 0;
        const times = s === 16 ? 3 + bits(2) : s === 17 ? 3 + bits(3) : 11 + bits(7);
        lengths.fill(value, i, i + times);
        i += times;
      }
    }
    return [codesOf(lengths.subarray(0, literals)), codesOf(lengths.subarray(literals))];
  };
  const fixedCodes = (): [Codes, Codes] => {
    const lengths = Uint8Array.from({ length: 288 }, (_, s) => (s < 144 ? 8 : s < 256 ? 9 : s < 280 ? 7 : 8));
    return [codesOf(lengths), codesOf(new Uint8Array(30).fill(5))];
  };
  const codedBlock = ([literals, distances]: [Codes, Codes]): void => {
    for (let s = symbol(literals); s !== 256; s = symbol(literals)) {
      if (s < 256) out[at++] = s;
      else {
        const code = s - 257;
        const length = code === 28 ? 258 : lengthBases[code]! + bits(extraBits(code, 4));
        const far = symbol(distances);
        const from = at - distanceBases[far]! - bits(extraBits(far, 2));
        for (let i = 0; i < length; i++) out[at++] = out[from + i]!;
      }
      if (at > size) throw new FormatError(`inflate: more than ${size} bytes`);
    }
  };

  for (let last = false; !last; ) {
    last = bits(1) === 1;
    const kind = bits(2);
    if (kind === 0) storedBlock();
    else if (kind < 3) codedBlock(kind === 1 ? fixedCodes() : dynamicCodes());
    if (kind === 3 || position > packed.length * 8) throw new FormatError('inflate: not DEFLATE data');
  }
  if (at !== size) throw new FormatError(`inflate: ${at} bytes, expected ${size}`);
  return out;
}

/** Unpacks DEFLATE data (RFC 1951): the binaries travel packed inside the JavaScript, and compile at once, without a stream. */
import { FormatError } from '../errors.js';

/** A code's table: at the next `bits` bits of the stream, the symbol they begin with, times 16, plus its length. */
interface Codes {
  readonly table: Uint16Array;
  readonly bits: number;
}

/** The table from the length of each symbol's code (section 3.2.2); codes stand with their first bit lowest. */
function codesOf(lengths: Uint8Array): Codes {
  const bits = Math.max(1, ...lengths);
  const table = new Uint16Array(1 << bits);
  let code = 0;
  for (let length = 1; length <= bits; length++, code <<= 1) {
    for (let symbol = 0; symbol < lengths.length; symbol++) {
      if (lengths[symbol] !== length) continue;
      let first = 0;
      for (let i = 0; i < length; i++) first |= ((code >> i) & 1) << (length - 1 - i);
      for (let at = first; at < table.length; at += 1 << length) table[at] = (symbol << 4) | length;
      code += 1;
    }
  }
  return { table, bits };
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
  // Bits that were read and not used yet, the next one lowest.
  let held = 0;
  let count = 0;
  let next = 0;

  const need = (wanted: number): void => {
    for (; count < wanted; count += 8) held |= (packed[next++] ?? 0) << count;
  };
  const bits = (wanted: number): number => {
    need(wanted);
    const value = held & ((1 << wanted) - 1);
    held >>>= wanted;
    count -= wanted;
    return value;
  };
  const symbol = ({ table, bits: longest }: Codes): number => {
    need(longest);
    const entry = table[held & ((1 << longest) - 1)]!;
    const length = entry & 15;
    if (length === 0) throw new FormatError('inflate: not DEFLATE data');
    held >>>= length;
    count -= length;
    return entry >> 4;
  };
  const storedBlock = (): void => {
    bits(count & 7);
    const length = bits(16);
    bits(16); // its complement
    for (let i = 0; i < length; i++) out[at++] = bits(8);
  };
  const dynamicCodes = (): [Codes, Codes] => {
    const [literals, distances, stored] = [bits(5) + 257, bits(5) + 1, bits(4) + 4];
    const own = new Uint8Array(19);
    for (let i = 0; i < stored; i++) own[order[i]!] = bits(3);
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
    // Bits that were read ahead may lie behind the end, used ones may not.
    if (kind === 3 || next * 8 - count > packed.length * 8) throw new FormatError('inflate: not DEFLATE data');
  }
  if (at !== size) throw new FormatError(`inflate: ${at} bytes, expected ${size}`);
  return out;
}

/** Philox4x32-10 in the shading languages: the words of the `js` and `wasm` devices, bit for bit. */
import { highWord, type NativeFunction } from './native.js';

/** The generator's arguments: words in halves of 16 bits, which float32 holds; `place` is the number of blocks to go on. */
const state = {
  place: 'Integer',
  block0: 'Number',
  block1: 'Number',
  block2: 'Number',
  key0: 'Number',
  key1: 'Number',
  key2: 'Number',
  key3: 'Number',
} as const;

/** Statements that leave the four words in c0 ... c3. */
const words = `
  uint first = uint(block0) + (uint(block1) << 16u);
  uint c0 = first + uint(place);
  uint c1 = uint(block2);
  if (c0 < first) { c1 = c1 + 1u; }
  uint c2 = 0u;
  uint c3 = 0u;
  uint k0 = uint(key0) + (uint(key1) << 16u);
  uint k1 = uint(key2) + (uint(key3) << 16u);
  for (int turn = 0; turn < 10; turn++) {
    ${highWord('high0', '0xd2511f53u', 'c0')}
    ${highWord('high1', '0xcd9e8d57u', 'c2')}
    uint low0 = 0xd2511f53u * c0;
    uint low1 = 0xcd9e8d57u * c2;
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 = k0 + 0x9e3779b9u;
    k1 = k1 + 0xbb67ae85u;
  }`;

export const philoxFunctions: readonly NativeFunction[] = [
  // The upper 24 bits of each word, which float32 holds.
  {
    name: 'philoxUpper',
    arguments: state,
    returns: 'Array(4)',
    body: `${words} return vec4(float(c0 >> 8u), float(c1 >> 8u), float(c2 >> 8u), float(c3 >> 8u));`,
  },
  // floor(word n / 2^32) for n up to 2^24.
  {
    name: 'philoxBelow',
    arguments: { ...state, n: 'Number' },
    returns: 'Array(4)',
    body: `
      ${words}
      uint range = uint(n);
      ${highWord('r0', 'c0', 'range')}
      ${highWord('r1', 'c1', 'range')}
      ${highWord('r2', 'c2', 'range')}
      ${highWord('r3', 'c3', 'range')}
      return vec4(float(r0), float(r1), float(r2), float(r3));`,
  },
];

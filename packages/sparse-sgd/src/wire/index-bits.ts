/** How many bits a set of positions takes in each code, and which code is the shortest. */
import { OptionError, quote, requireCount } from '@saccade/tensor';
import { requireIndices } from '../compress/check-vector.js';
import { eliasDelta, eliasGamma } from './elias.js';

/**
 * Ways to write ascending positions. `uint32`, `packed` (as many bits as the largest possible position has) and `bitmap` (one bit an
 * entry of the vector) say where they are; the others how far each is from the one before: LEB128, Elias gamma, Elias delta, Golomb-Rice.
 */
export type IndexCode = 'packed' | 'bitmap' | 'leb128' | 'rice' | 'gamma' | 'delta' | 'uint32';

/** In the order of how fast they are read. */
const indexCodes: readonly IndexCode[] = ['packed', 'bitmap', 'leb128', 'rice', 'gamma', 'delta', 'uint32'];

/** @throws {OptionError} unless it is a code */
export function requireIndexCode(op: string, name: string, code: IndexCode): void {
  if (indexCodes.includes(code)) return;
  throw new OptionError(`${op}: ${name} must be one of ${indexCodes.join(', ')}, got ${quote(code)}`);
}

/** Bits of a position in `packed`: ceil(log2 length). */
export function packedWidth(length: number): number {
  return length <= 1 ? 0 : 32 - Math.clz32(length - 1);
}

/** Bits that say the parameter of a Golomb-Rice code. */
export const riceParameterBits = 5;

/** Bits of the positions in Golomb-Rice: for each the distance less one, in `parameter` bits and the rest in unary. */
function riceBits(indices: Int32Array, parameter: number): number {
  let bits = indices.length * (parameter + 1);
  for (let i = 0, before = -1; i < indices.length; i++) {
    const index = indices[i]!;
    bits += (index - before - 1) >>> parameter;
    before = index;
  }
  return bits;
}

/** The Golomb-Rice parameter, from 0, that takes the fewest bits. */
export function bestRiceParameter(indices: Int32Array): number {
  if (indices.length === 0) return 0;
  const mean = indices[indices.length - 1]! / indices.length;
  let parameter = Math.max(0, Math.floor(Math.log2(mean * Math.LN2)));
  let bits = riceBits(indices, parameter);
  // The size is convex in the parameter: x >> b halves, rounded down, where the part that is always there grows by 1.
  for (const step of [-1, 1]) {
    for (let next = parameter + step; next >= 0 && next < 31; next += step) {
      const nextBits = riceBits(indices, next);
      if (nextBits >= bits) break;
      bits = nextBits;
      parameter = next;
    }
  }
  return parameter;
}

/** How positions are written: the code, its size, and the parameter of `rice`, else 0. */
export interface IndexPlan {
  readonly code: IndexCode;
  readonly bits: number;
  readonly parameter: number;
}

/** Codes that say distances, in bits. */
interface DistanceBits {
  leb128: number;
  gamma: number;
  delta: number;
}

/** @throws {OptionError} unless positions ascend and are below the length */
function distanceBits(op: string, indices: Int32Array, length: number): DistanceBits {
  const sums = { leb128: 0, gamma: 0, delta: 0 };
  for (let i = 0, before = -1; i < indices.length; i++) {
    const index = indices[i]!;
    const distance = index - before;
    if (!(distance > 0 && index < length)) {
      throw new OptionError(`${op}: indices must ascend and be below ${length}, got ${index} at ${i}`);
    }
    before = index;
    sums.gamma += eliasGamma.bits(distance);
    sums.delta += eliasDelta.bits(distance);
    sums.leb128 += 8;
    for (let rest = (distance - 1) >>> 7; rest > 0; rest >>>= 7) sums.leb128 += 8;
  }
  return sums;
}

/** The size in each code. */
function indexPlans(op: string, indices: Int32Array, length: number): IndexPlan[] {
  const { leb128, gamma, delta } = distanceBits(op, indices, length);
  const parameter = bestRiceParameter(indices);
  const count = indices.length;
  // In the order of `indexCodes`: the first of equal size is taken.
  return [
    { code: 'packed', bits: count * packedWidth(length), parameter: 0 },
    { code: 'bitmap', bits: length, parameter: 0 },
    { code: 'leb128', bits: leb128, parameter: 0 },
    { code: 'rice', bits: riceParameterBits + riceBits(indices, parameter), parameter },
    { code: 'gamma', bits: gamma, parameter: 0 },
    { code: 'delta', bits: delta, parameter: 0 },
    { code: 'uint32', bits: 32 * count, parameter: 0 },
  ];
}

/**
 * The code that takes the fewest bytes, or the wanted one.
 * @param indices ascending, below `length`
 * @throws {OptionError} unless they are, and for a code that there is not
 */
export function planIndices(
  indices: Int32Array,
  length: number,
  wanted?: IndexCode | undefined,
  op = 'encode',
): IndexPlan {
  if (wanted !== undefined) requireIndexCode(op, 'indexCode', wanted);
  const plans = indexPlans(op, indices, length);
  if (wanted !== undefined) return plans[indexCodes.indexOf(wanted)]!;
  return plans.reduce((best, plan) => (Math.ceil(plan.bits / 8) < Math.ceil(best.bits / 8) ? plan : best));
}

/**
 * How many bits these positions of a vector take in a code.
 * @param indices ascending, below `length`
 * @param length of the vector, a whole number from 0, below 2^31
 * @throws {OptionError} unless they are, and for a code that there is not
 */
export function indexBits(code: IndexCode, indices: Int32Array, length: number): number {
  requireIndexCode('indexBits', 'code', code);
  requireIndices('indexBits', indices);
  requireCount('indexBits', 'length', length, 0, 2 ** 31 - 1);
  return planIndices(indices, length, code, 'indexBits').bits;
}

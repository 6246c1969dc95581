/** From the element types of files to the element types of tensors. */
import { type Device, type DType, FormatError, OptionError, type TypedArray } from '@saccade/kernels';
import { bfloat16ToFloat32, float16ToFloat32 } from './half.js';
import type { StoredArray, StoredDType } from './stored.js';

/** How a stored array becomes a tensor. */
export interface ReadOptions {
  /**
   * Element type of the tensor. Default: float32 for F64, F32, F16 and BF16, int32 for the integers except U8, uint8
   * for U8, bool for BOOL. Any type may be asked for as long as each value can be kept: integers and booleans exactly
   * (float32 holds integers up to 2^24), floating point values rounded to float32 or float64.
   */
  readonly dtype?: DType | undefined;
  /** Where the tensor goes. Default: the current device. */
  readonly device?: Device | undefined;
}

/** Values ready for a tensor, with their dtype. */
export interface ConvertedArray {
  readonly dtype: DType;
  readonly values: TypedArray;
}

const defaults: Record<StoredDType, DType> = {
  F64: 'float32',
  F32: 'float32',
  F16: 'float32',
  BF16: 'float32',
  I64: 'int32',
  U64: 'int32',
  I32: 'int32',
  U32: 'int32',
  I16: 'int32',
  U16: 'int32',
  I8: 'int32',
  U8: 'uint8',
  BOOL: 'bool',
};

// Written out, not computed: a bundler then drops the table where nothing reads files.
const limits: Record<DType, readonly [number, number]> = {
  float32: [-16_777_216, 16_777_216],
  float64: [-9_007_199_254_740_991, 9_007_199_254_740_991],
  int32: [-2_147_483_648, 2_147_483_647],
  uint8: [0, 255],
  bool: [0, 1],
};

const floating: readonly StoredDType[] = ['F64', 'F32', 'F16', 'BF16'];

function convertFloats(stored: StoredArray, dtype: DType, what: string): TypedArray {
  if (dtype !== 'float32' && dtype !== 'float64') {
    throw new OptionError(`${what}: ${stored.dtype} can be read as float32 or float64, got dtype ${dtype}`);
  }
  let data = stored.data as Float32Array | Float64Array;
  if (stored.dtype === 'F16') data = float16ToFloat32(stored.data as Uint16Array);
  else if (stored.dtype === 'BF16') data = bfloat16ToFloat32(stored.data as Uint16Array);
  if (dtype === 'float64') return data instanceof Float64Array ? data : Float64Array.from(data);
  return data instanceof Float32Array ? data : Float32Array.from(data);
}

function convertIntegers(stored: StoredArray, dtype: DType, what: string): TypedArray {
  const [low, high] = limits[dtype];
  const { data } = stored;
  const constructors = { float32: Float32Array, float64: Float64Array, int32: Int32Array };
  const values = new (dtype === 'uint8' || dtype === 'bool' ? Uint8Array : constructors[dtype])(data.length);
  for (let i = 0; i < data.length; i++) {
    const value = data[i]!;
    if (value < low || value > high) {
      throw new FormatError(
        `${what}: ${stored.dtype} value ${value} at flat index ${i} does not fit ${dtype} (${low} to ${high})`,
      );
    }
    values[i] = Number(value);
  }
  return values;
}

/**
 * Stored elements as the values of a tensor; a view of the same memory where nothing has to change.
 *
 * @param what how an error names the array, for instance `'model.safetensors: tensor "w"'`
 * @throws {FormatError} if a value does not fit the dtype, or a BOOL byte is neither 0 nor 1
 * @throws {OptionError} if floating point values are to become integers
 */
export function convertStored(stored: StoredArray, options: Pick<ReadOptions, 'dtype'>, what: string): ConvertedArray {
  const dtype = options.dtype ?? defaults[stored.dtype];
  if (!Object.hasOwn(limits, dtype)) {
    throw new OptionError(`${what}: dtype must be one of ${Object.keys(limits).join(', ')}, got ${String(dtype)}`);
  }
  if (floating.includes(stored.dtype)) return { dtype, values: convertFloats(stored, dtype, what) };
  if (stored.dtype === 'BOOL') {
    const bad = (stored.data as Uint8Array).findIndex((byte) => byte > 1);
    if (bad >= 0) {
      throw new FormatError(`${what}: a BOOL byte must be 0 or 1, got ${stored.data[bad]} at flat index ${bad}`);
    }
  }
  const same =
    (stored.dtype === 'I32' && dtype === 'int32') ||
    (stored.dtype === 'U8' && dtype === 'uint8') ||
    (stored.dtype === 'BOOL' && (dtype === 'bool' || dtype === 'uint8'));
  if (same) return { dtype, values: stored.data as Int32Array | Uint8Array };
  return { dtype, values: convertIntegers(stored, dtype, what) };
}

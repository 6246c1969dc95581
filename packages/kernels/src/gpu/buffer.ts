/** A buffer of a GPU device: its values are on the GPU, on the host, or an expression until somebody wants them, or undefined. */
import type { Buffer } from '../device.js';
import { type DType, newArray, type TypedArray } from '../dtype.js';
import type { Expression, Shared } from './fusion.js';

/** Whole numbers beyond this are not all float32 numbers, which is all that the GPU knows. */
export const EXACT: number = 2 ** 24;

export class GpuBuffer implements Buffer {
  readonly dtype: DType;
  readonly length: number;
  storage: Shared | undefined = undefined;
  host: TypedArray | undefined = undefined;
  /** How the values are computed once somebody needs them. */
  expression: Expression | undefined = undefined;
  /** Whether another expression contains this one's; the next that needs the values has them computed. */
  taken = false;
  /** Why the values could not be computed; whoever reads them gets it. */
  error: unknown = undefined;

  constructor(dtype: DType, length: number) {
    this.dtype = dtype;
    this.length = length;
  }

  #bound: number | undefined = undefined;

  /** The greatest magnitude that whole numbers in it can have; Infinity where nobody knows. */
  get bound(): number {
    this.#bound ??= boundOf(this.dtype, this.host);
    return this.#bound;
  }

  set bound(bound: number | undefined) {
    this.#bound = bound;
  }

  /** Whether nothing was written yet. */
  get isNew(): boolean {
    return this.storage === undefined && this.host === undefined && this.expression === undefined;
  }

  /** Whether the GPU can hold the values exactly; int32 beyond 2^24 stays on the host. */
  get fitsGpu(): boolean {
    return this.dtype !== 'int32' || this.host === undefined || this.bound <= EXACT;
  }
}

function boundOf(dtype: DType, host: TypedArray | undefined): number {
  if (dtype === 'bool') return 1;
  if (dtype === 'uint8') return 255;
  if (dtype !== 'int32' || host === undefined) return Number.POSITIVE_INFINITY;
  let most = 0;
  for (const value of host) most = Math.max(most, Math.abs(value));
  return most;
}

/** The values as the GPU holds them. */
export function toFloats(values: TypedArray): Float32Array {
  return values instanceof Float32Array ? values : Float32Array.from(values);
}

/** What the GPU held as an array of the element type; whole numbers saturate. */
export function fromFloats(dtype: DType, floats: Float32Array): TypedArray {
  if (dtype === 'float32') return floats;
  const values = newArray(dtype, floats.length);
  if (!(values instanceof Int32Array)) {
    values.set(floats);
    return values;
  }
  for (let i = 0; i < floats.length; i++) values[i] = Math.min(floats[i] as number, 2 ** 31 - 1);
  return values;
}

/** The tensors of a shared layer as files store them, and how far they are from the original once they are rounded. */
import {
  bfloat16ToFloat32,
  FormatError,
  float16ToFloat32,
  type Matrix,
  matrix,
  type StoredArray,
  toBfloat16,
  toFloat16,
  transposeMatrix,
} from '@saccade/tensor';
import { Alternation } from '../decompose/als.js';
import type { ScoreTensor } from '../decompose/score-tensor.js';
import type { SharableLayer } from './attention-layers.js';
import type { SharedNames } from './checkpoint-adapter.js';
import { quotedName } from './quoted-name.js';

/** Element types of results. */
export type FloatType = SharableLayer['dtype'];

/** What is stored of a layer. */
export interface SharedParts {
  /** [R, query width]. */
  readonly query: Matrix;
  /** [heads, R]. */
  readonly mixing: Matrix;
  /** [R, key width]. */
  readonly key: Matrix;
  /** [heads, key width]. */
  readonly contentBias: Matrix | undefined;
  /** Whether the scores are those of the original, rounding aside. */
  readonly exact: boolean;
}

/** Rounded and named. */
export interface StoredShare {
  readonly tensors: ReadonlyMap<string, StoredArray>;
  /** |T - what is stored| / |T|, and of each head. */
  readonly error: number;
  readonly headErrors: readonly number[];
}

/**
 * @param factor what mixing and content bias are multiplied by, so that another divisor gives the same scores
 * @throws {FormatError} for values beyond the largest of the type
 */
export function storedShare(
  op: string,
  parts: SharedParts,
  scores: ScoreTensor,
  names: SharedNames,
  { dtype, factor }: { readonly dtype: FloatType; readonly factor: number },
): StoredShare {
  const tensors = new Map<string, StoredArray>();
  let same = parts.exact;
  const store = (name: string, values: Matrix, by = 1): Matrix => {
    const stored = rounded(scaled(values, by), dtype);
    const back = scaled(widened(stored, values), 1 / by);
    if (!back.data.every(Number.isFinite)) {
      throw new FormatError(`${op}: values of ${quotedName(name)} are beyond the largest ${dtype}: pass dtype 'F32'`);
    }
    same = same && back.data.every((value, i) => value === values.data[i]);
    tensors.set(name, stored);
    return back;
  };
  const factors = {
    query: transposeMatrix(store(names.query, parts.query)),
    key: transposeMatrix(store(names.key, parts.key)),
    mixing: store(names.mixing, parts.mixing, factor),
  };
  const { error, headErrors } = same
    ? { error: 0, headErrors: new Array<number>(scores.heads).fill(0) }
    : new Alternation(scores).fit(factors);
  if (parts.contentBias !== undefined) store(names.contentBias, parts.contentBias, factor);
  return { tensors, error, headErrors };
}

function scaled(a: Matrix, factor: number): Matrix {
  return factor === 1 ? a : { ...a, data: a.data.map((value) => value * factor) };
}

function rounded({ rows, columns, data }: Matrix, dtype: FloatType): StoredArray {
  const forms = {
    F64: () => data,
    F32: () => Float32Array.from(data),
    F16: () => toFloat16(data),
    BF16: () => toBfloat16(data),
  };
  return { dtype, shape: [rows, columns], data: forms[dtype]() };
}

function widened({ dtype, data }: StoredArray, { rows, columns }: Matrix): Matrix {
  const values =
    dtype === 'F16'
      ? float16ToFloat32(data as Uint16Array)
      : dtype === 'BF16'
        ? bfloat16ToFloat32(data as Uint16Array)
        : (data as Float32Array);
  return matrix(rows, columns, Float64Array.from(values));
}

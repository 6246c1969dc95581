/** The three factors of a decomposition, T ~ sum_r A[:, r] o M[:, r] o B[:, r]. */
import { type Matrix, matrix, matrixProduct } from '@saccade/tensor';

/** One column a component. */
export interface Factors {
  /** A, [query width, rank]. */
  readonly query: Matrix;
  /** M, [heads, rank]. */
  readonly mixing: Matrix;
  /** B, [key width, rank]. */
  readonly key: Matrix;
}

/** F^T F. */
export function gram(factor: Matrix): Matrix {
  return matrixProduct(factor, factor, { transposeA: true });
}

/** Products of elements. */
export function times(a: Matrix, b: Matrix): Matrix {
  return matrix(
    a.rows,
    a.columns,
    a.data.map((value, i) => value * b.data[i]!),
  );
}

/** The same tensor with the three columns of each component equally long, which keeps rounding to float32 small; and by what B was multiplied. */
export function balanced({ query, mixing, key }: Factors): Factors & { readonly keyScales: Float64Array } {
  const lengths = [query, mixing, key].map(columnLengths) as [Float64Array, Float64Array, Float64Array];
  const each = lengths[0].map((_, r) => Math.cbrt(lengths[0][r]! * lengths[1][r]! * lengths[2][r]!));
  const scales = lengths.map((own) => each.map((length, r) => (length === 0 ? 0 : length / own[r]!)));
  const [a, m, b] = [query, mixing, key].map((factor, i) => scaledColumns(factor, scales[i]!)) as [
    Matrix,
    Matrix,
    Matrix,
  ];
  return { query: a, mixing: m, key: b, keyScales: scales[2]! };
}

function columnLengths({ columns, data }: Matrix): Float64Array {
  const squares = new Float64Array(columns);
  for (let i = 0; i < data.length; i++) squares[i % columns]! += data[i]! ** 2;
  return squares.map(Math.sqrt);
}

/** Each column times a number of its own. */
export function scaledColumns({ rows, columns, data }: Matrix, by: Float64Array): Matrix {
  return matrix(
    rows,
    columns,
    data.map((value, i) => value * by[i % columns]!),
  );
}

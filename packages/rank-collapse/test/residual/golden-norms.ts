/** The reference matrices of norms and ranks. */
import { type Matrix, matrix, type Tensor, tensor } from '@saccade/tensor';
import { Golden } from '@saccade/testing/golden';

/** What is known of one of them. */
export interface GoldenNorms {
  readonly l1: number;
  readonly linf: number;
  readonly composite: number;
  readonly res_mean_composite: number;
  readonly res_median_composite: number;
  readonly res_midrange_composite: number;
  readonly ratio: number;
  readonly singular_values: readonly number[];
  readonly effective_rank_entropy: number;
  readonly stable_rank: number;
  readonly mean_offdiag_cosine: number;
}

const golden = new Golden<Record<string, GoldenNorms>, Tensor>(new URL('../golden/norms', import.meta.url), tensor);

/** One of the reference matrices. */
export interface GoldenMatrix {
  readonly name: string;
  readonly expected: GoldenNorms;
  /** float32 [tokens, channels], a new one each time. */
  tensor(): Tensor;
  /** The same in float64. */
  readonly matrix: Matrix;
}

/** All reference matrices. */
export const goldenMatrices: readonly GoldenMatrix[] = Object.entries(golden.scalars).map(([name, expected]) => {
  const [rows, columns] = golden.shape(name) as [number, number];
  return {
    name,
    expected,
    tensor: () => golden.tensor(name),
    matrix: matrix(rows, columns, Float64Array.from(golden.values(name))),
  };
});

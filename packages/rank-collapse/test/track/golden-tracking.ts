/** The network of the reference vectors of tracking. */
import { type Matrix, matrix } from '@saccade/tensor';
import { Golden } from '@saccade/testing/golden';
import type { TrackedLayer } from '../../src/track/track-residual.js';

/** What the vectors tell of a layer. */
export interface TrackedScalars {
  readonly res_composite: number;
  readonly ratio: number;
  readonly heads?: readonly {
    readonly range_max: number;
    readonly gamma: number;
    readonly beta: number;
    readonly P_minus_1q_composite: number;
  }[];
  readonly next_res_uncentred_composite?: number;
  readonly theorem_rhs?: number;
}

export const golden: Golden<readonly TrackedScalars[]> = new Golden(new URL('../golden/tracking', import.meta.url));

/** The values of an array, or of its place [l, h], as a matrix. */
export function goldenMatrix(name: string, ...place: readonly number[]): Matrix {
  const shape = golden.shape(name);
  const [rows, columns] = shape.slice(-2) as [number, number];
  const at = place.reduce((sum, p, axis) => sum * shape[axis]! + p, 0);
  const size = rows * columns;
  return matrix(rows, columns, Float64Array.from(golden.values(name).slice(at * size, (at + 1) * size)));
}

/** W is given per head, as [channels, channels]. */
export function goldenTracked(): TrackedLayer[] {
  const [layers, heads] = golden.shape('Wq') as [number, number];
  return Array.from({ length: layers }, (_, l) => ({
    heads: Array.from({ length: heads }, (__, h) => ({
      query: goldenMatrix('Wq', l, h),
      key: goldenMatrix('Wk', l, h),
      value: goldenMatrix('W', l, h),
    })),
  }));
}

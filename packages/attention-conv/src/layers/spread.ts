/** Centre and precision of a quadratic head, read to the host: where it looks, how sharply, and whether it is degenerate. */
import { eigSymmetricMatrix, type Matrix, matrix, type Tensor } from '@saccade/tensor';
import { missedShare, missedShareWithSink } from '../certificate/theta.js';
import type { Covariance } from './quadratic-attention.js';

/** A head, in float64. */
export class Spread {
  /** Offset of the centre from the query, along each axis. */
  readonly center: readonly number[];
  /** The precision matrix P: the score of d is -1/2 (d - center)^T P (d - center). */
  readonly precision: Matrix;
  readonly isotropic: boolean;
  #eigenvalues: readonly number[] | undefined;

  constructor(center: readonly number[], precision: Matrix, isotropic: boolean) {
    this.center = center;
    this.precision = precision;
    this.isotropic = isotropic;
  }

  /** Eigenvalues of P, the largest first. */
  get eigenvalues(): readonly number[] {
    this.#eigenvalues ??= eigenvaluesOf(this.precision, this.diagonal).sort((a, b) => b - a);
    return this.#eigenvalues;
  }

  /** Half the smallest eigenvalue: no direction is less sharp than a head of this alpha. */
  get alpha(): number {
    return Math.max(0, this.eigenvalues.at(-1) ?? 0) / 2;
  }

  /** Largest by smallest eigenvalue; infinite for a singular matrix. 1 for isotropic heads, even of spread 0. */
  get conditionNumber(): number {
    if (this.isotropic) return 1;
    const [largest = 0, smallest = 0] = [this.eigenvalues[0], this.eigenvalues.at(-1)];
    return smallest > 0 ? largest / smallest : Number.POSITIVE_INFINITY;
  }

  /** Whether the precision mixes no axes. */
  get diagonal(): boolean {
    return this.precision.data.every((value, i) => value === 0 || i % (this.precision.rows + 1) === 0);
  }

  /** The release's rule: an isotropic precision below 1e-5; a full one that is so, or whose condition number is above 1000. */
  get degenerate(): boolean {
    const largest = this.eigenvalues[0] ?? 0;
    return !(largest >= 1e-5) || this.conditionNumber > 1000;
  }

  /** Beyond so many pixels from the query the weight is below e^-40 of the centre's, or it is infinite. */
  get reach(): number {
    const away = Math.max(0, ...this.center.map(Math.abs));
    return this.alpha > 0 ? Math.ceil(away + Math.sqrt(40 / this.alpha)) : Number.POSITIVE_INFINITY;
  }

  /**
   * A bound on the share of the weight that lies on other pixels than the one nearest to the centre. For the nearest pixel at
   * distance f along an axis, the next is at 1 - f, and each further one by 1 more: the gaps are at least (1 - 2 f) n^2.
   */
  looksElsewhere(sink: boolean): number {
    const off = Math.max(0, ...this.center.map((c) => Math.abs(c - Math.round(c))));
    const gap = this.alpha * (1 - 2 * off);
    // Beyond an edge, the nearest pixel along each axis is not the likeliest if the precision mixes axes. A sink has its place
    // between the pixels' scores only if these are those of whole numbers.
    if (!(gap > 0) || !this.diagonal || (sink && off > 0)) return 1;
    const dims = this.center.length;
    return sink ? missedShareWithSink(gap, dims) : missedShare(gap, dims);
  }
}

function eigenvaluesOf(p: Matrix, diagonal: boolean): number[] {
  if (!diagonal) return Array.from(eigSymmetricMatrix(p).values);
  return Array.from({ length: p.rows }, (_, i) => p.data[i * (p.rows + 1)] as number);
}

/** The heads of a layer. */
export function spreadsOf(centers: Tensor, spreads: Tensor, covariance: Covariance, dims: number): Spread[] {
  const [c, s] = [Array.from(centers.dataSync(), Number), Array.from(spreads.dataSync(), Number)];
  const heads = centers.shape[0] as number;
  const each = { isotropic: 1, diagonal: dims, full: dims * dims }[covariance];
  return Array.from({ length: heads }, (_, h) => {
    const own = s.slice(h * each, (h + 1) * each);
    return new Spread(c.slice(h * dims, (h + 1) * dims), precisionOf(own, dims), covariance === 'isotropic');
  });
}

/** s^2 I, diag(s^2) or S S^T, by the number of values. */
function precisionOf(s: readonly number[], dims: number): Matrix {
  const p = matrix(dims, dims);
  for (let i = 0; i < dims; i++) {
    for (let j = 0; j < dims; j++) {
      if (s.length === dims * dims && dims > 1) {
        for (let k = 0; k < dims; k++) p.data[i * dims + j]! += s[i * dims + k]! * s[j * dims + k]!;
      } else if (i === j) p.data[i * dims + i] = (s.length === 1 ? s[0]! : s[i]!) ** 2;
    }
  }
  return p;
}

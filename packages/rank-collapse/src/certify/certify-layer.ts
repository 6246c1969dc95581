/** How fast one layer of pure attention draws tokens together: the paper's Theorems 2.2 and 2.3 for a layer as it is, with all constants. */
import { type Matrix, matrixProduct } from '@saccade/tensor';
import { columnNormOf, compositeOf } from '../residual/host-norms.js';
import { commonWeights, differences, isLinear, type TrackedHead } from '../track/common-weights.js';
import type { TrackedTokens } from '../track/track-residual.js';

/** One head. */
export interface HeadCertificate {
  /** max_i Delta_i, Delta_i = max_j E_ij - min_j E_ij of the scores that differ between queries, E = R W_QK R^T / sqrt(dims). */
  readonly range: number;
  /** sqrt(sum_i Delta_i / max_i Delta_i), from 1 to sqrt(tokens). */
  readonly gamma: number;
  /** |W_QK|_1 |W|_{1,inf}. */
  readonly beta: number;
  /** |P - 1 q^T|_{1,inf}, q being what all queries have in common. */
  readonly difference: number;
}

/** What is proven of a layer's output. Sizes are log10, as they leave the range of numbers. */
export interface LayerCertificate {
  readonly heads: readonly HeadCertificate[];
  /** Of |res(X)|_{1,inf}, mean-centred. */
  readonly logResidual: number;
  /** Of 4 gamma beta H |res(X)|^3 / sqrt(dims), with the largest gamma and beta of the heads: the theorem's bound of the output's residual. */
  readonly logBound: number;
  /** Whether the theorem holds here: all ranges are at most 1.256, so that e^Delta - 1 <= 2 Delta. */
  readonly valid: boolean;
  /** Of sum_h |P_h - 1 q_h^T| |res(X)| |W_h|: always right, and sharper. */
  readonly logSharpBound: number;
  /** Of the same for the residual from the mean, which curves show: 2 (1 - 1 / tokens) times as large. */
  readonly logMeanBound: number;
  /** Of sum_h |P_h - 1 q_h^T| |W_h|, what the residual is multiplied with at most: below 0 the layer draws tokens together for certain. */
  readonly logContraction: number;
}

/** Up to this range e^Delta - 1 <= 2 Delta. */
const mostRange = 1.256;

/**
 * The bounds of one layer without skip. @param tokens mean-centred, as `trackResidual` gives them
 * @param heads of one size
 */
export function certifyLayer(tokens: TrackedTokens, heads: readonly TrackedHead[]): LayerCertificate {
  const { residual, exponent } = tokens;
  const all = heads.map((head) => certifyHead(tokens, head));
  const largest = (f: (head: (typeof all)[number]) => number): number =>
    all.reduce((most, head) => Math.max(most, f(head)), 0);
  const logResidual = Math.log10(compositeOf(residual)) + exponent * Math.log10(2);
  const dims = heads[0]?.query.columns ?? 1;
  const constant =
    (4 * largest(({ told }) => told.gamma) * largest(({ told }) => told.beta) * heads.length) / Math.sqrt(dims);
  // Differences are in units of 2^(2 exponent) where that alone keeps them in range.
  const unit = isLinear(exponent) ? 2 * exponent * Math.log10(2) : 0;
  const sum = all.reduce((total, { scaled, value }) => total + scaled * value, 0);
  const logSharpBound = Math.log10(sum) + unit + logResidual;
  return {
    heads: all.map(({ told }) => told),
    logResidual,
    logBound: Math.log10(constant) + 3 * logResidual,
    valid: all.every(({ told }) => told.range <= mostRange),
    logSharpBound,
    logMeanBound: logSharpBound + Math.log10(2 * (1 - 1 / residual.rows)),
    logContraction: Math.log10(sum) + unit,
  };
}

interface CertifiedHead {
  readonly told: HeadCertificate;
  /** |P - 1 q^T| in the units of `differences`. */
  readonly scaled: number;
  /** |W|_{1,inf}. */
  readonly value: number;
}

function certifyHead({ residual, exponent, center }: TrackedTokens, head: TrackedHead): CertifiedHead {
  const ranges = rangesOf(residual, head);
  const largest = ranges.reduce((most, range) => Math.max(most, range), 0);
  const sum = ranges.reduce((all, range) => all + range, 0);
  const product = matrixProduct(head.query, head.key, { transposeB: true });
  const linear = isLinear(exponent);
  const scaled = compositeOf(differences(residual, exponent, commonWeights(residual, exponent, center, head), head));
  const value = compositeOf(head.value);
  const unit = 2 ** Math.max(-1074, 2 * exponent);
  return {
    told: {
      range: largest * unit,
      gamma: largest > 0 ? Math.sqrt(sum / largest) : 1,
      beta: columnNormOf(product) * value,
      difference: linear ? scaled * unit : scaled,
    },
    scaled,
    value,
  };
}

/** Delta_i in units of 2^(2 exponent). */
function rangesOf(residual: Matrix, { query, key }: TrackedHead): Float64Array {
  const { rows } = residual;
  const e = matrixProduct(matrixProduct(residual, query), matrixProduct(residual, key), { transposeB: true }).data;
  return Float64Array.from({ length: rows }, (_, i) => {
    let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (let j = 0; j < rows; j++) [low, high] = [Math.min(low, e[i * rows + j]!), Math.max(high, e[i * rows + j]!)];
    return (high - low) / Math.sqrt(query.columns);
  });
}

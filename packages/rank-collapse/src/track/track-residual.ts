/** Residuals of pure attention far below machine precision: what tokens have in common and what they do not are propagated apart, without cancellation. */
import { type Matrix, matrix, matrixProduct } from '@saccade/tensor';
import { compositeOf } from '../residual/host-norms.js';
import { commonWeights, differences, isLinear, type TrackedHead } from './common-weights.js';

/** One layer. */
export interface TrackedLayer {
  readonly heads: readonly TrackedHead[];
  /** Added to each token: [channels]. */
  readonly bias?: Float64Array | undefined;
  /** Whether the input is added to the output. Default false. */
  readonly skip?: boolean | undefined;
}

/** Tokens 1 x^T + 2^exponent R, with R centred. */
export interface TrackedTokens {
  /** R: [tokens, channels], of largest value near 1. */
  readonly residual: Matrix;
  readonly exponent: number;
  /** x: [channels]. */
  readonly center: Float64Array;
}

/** The tokens of a layer, and how far they are from one. */
export interface TrackedPoint extends TrackedTokens {
  /** log10 of |res|_{1,inf}; -Infinity where nothing is left. */
  readonly logResidual: number;
  /** log10 of |res|_{1,inf} / |X|_{1,inf}. */
  readonly logRatio: number;
}

/** The tokens at each layer, from the input on. @param tokens [tokens, channels] */
export function trackResidual(tokens: Matrix, layers: readonly TrackedLayer[]): TrackedPoint[] {
  const points = [firstPoint(tokens)];
  for (const layer of layers) points.push(nextPoint(points.at(-1) as TrackedPoint, layer));
  return points;
}

/** Before the first layer. @internal */
export function firstPoint(tokens: Matrix): TrackedPoint {
  return pointOf(centredTokens(tokens));
}

/** Behind a layer. @internal */
export function nextPoint(tokens: TrackedTokens, layer: TrackedLayer): TrackedPoint {
  return pointOf(centred(through(tokens, layer)));
}

/** Tokens [tokens, channels] as their mean and what differs from it. @internal */
export function centredTokens(tokens: Matrix): TrackedTokens {
  return centred({ residual: tokens, exponent: 0, center: new Float64Array(tokens.columns) });
}

/** Moves the mean of R over to x, and the size of R over to the exponent. */
function centred({ residual, exponent, center }: TrackedTokens): TrackedTokens {
  const { rows, columns, data } = residual;
  const means = new Float64Array(columns);
  for (let i = 0; i < data.length; i++) means[i % columns]! += data[i]! / rows;
  const apart = data.map((value, i) => value - means[i % columns]!);
  const moved = center.map((value, c) => value + means[c]! * 2 ** Math.max(-1074, exponent));
  const largest = apart.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const shift = largest > 0 ? Math.floor(Math.log2(largest)) : 0;
  return {
    residual: matrix(rows, columns, scaledByPower(apart, -shift)),
    exponent: exponent + shift,
    center: moved,
  };
}

/** Times 2^power, in two steps where one would leave the range. */
function scaledByPower(values: Float64Array, power: number): Float64Array {
  const half = Math.trunc(power / 2);
  return values.map((value) => value * 2 ** half * 2 ** (power - half));
}

/** One layer: R' = sum_h (P_h - 1 q_h^T) R W_h, x' = sum_h (x + R^T q_h)^T W_h + bias. */
function through(
  { residual, exponent, center }: TrackedTokens,
  { heads, bias, skip = false }: TrackedLayer,
): TrackedTokens {
  const { rows, columns } = residual;
  const linear = isLinear(exponent);
  // In the linear form R' has the third power of the size of R.
  const out = matrix(rows, columns);
  const next = bias === undefined ? new Float64Array(columns) : bias.slice();
  const size = 2 ** Math.max(-1074, exponent);
  for (const head of heads) {
    const common = commonWeights(residual, exponent, center, head);
    const d = differences(residual, exponent, common, head);
    const mixed = matrixProduct(matrixProduct(d, residual), head.value);
    for (let i = 0; i < out.data.length; i++) out.data[i]! += mixed.data[i]!;
    const pooled = center.map((value, c) => value + size * weighted(residual, common.weights, c));
    const moved = matrixProduct(matrix(1, columns, pooled), head.value);
    for (let c = 0; c < columns; c++) next[c]! += moved.data[c]!;
  }
  const grown = linear ? 3 * exponent : exponent;
  if (!skip) return { residual: out, exponent: grown, center: next };
  const added = residual.data.map((value, i) => value + out.data[i]! * 2 ** Math.max(-1074, grown - exponent));
  return { residual: matrix(rows, columns, added), exponent, center: next.map((value, c) => value + center[c]!) };
}

function weighted({ rows, columns, data }: Matrix, q: Float64Array, c: number): number {
  let sum = 0;
  for (let i = 0; i < rows; i++) sum += q[i]! * data[i * columns + c]!;
  return sum;
}

function pointOf(tokens: TrackedTokens): TrackedPoint {
  const { residual, exponent, center } = tokens;
  const own = compositeOf(residual);
  const size = 2 ** Math.max(-1074, exponent);
  const whole = compositeOf(
    matrix(
      residual.rows,
      residual.columns,
      residual.data.map((value, i) => value * size + center[i % residual.columns]!),
    ),
  );
  const logResidual = own > 0 ? Math.log10(own) + exponent * Math.log10(2) : Number.NEGATIVE_INFINITY;
  return { ...tokens, logResidual, logRatio: whole > 0 ? logResidual - Math.log10(whole) : Number.NEGATIVE_INFINITY };
}

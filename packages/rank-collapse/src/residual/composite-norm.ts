/** The norms in which attention loses rank (the paper's section 2.1). */
import { abs, isTensor, max, mul, quote, ShapeError, scope, show, sqrt, sum, type Tensor } from '@saccade/tensor';

/** @throws {ShapeError} unless it is a stack of matrices [..., tokens, channels] with something in them */
export function requireMatrices(op: string, x: Tensor): void {
  if (isTensor(x) && x.rank >= 2 && x.size > 0) return;
  throw new ShapeError(`${op}: x must be [..., tokens, channels], got ${isTensor(x) ? show(x.shape) : quote(x)}`);
}

/** Largest sum of absolute values of a column, |X|_1. x [..., tokens, channels] -> [...]. @throws {ShapeError} */
export function columnNorm(x: Tensor): Tensor {
  requireMatrices('columnNorm', x);
  return scope(() => max(sum(abs(x), { axis: -2 }), { axis: -1 }));
}

/** Largest sum of absolute values of a row, |X|_inf. x [..., tokens, channels] -> [...]. @throws {ShapeError} */
export function rowNorm(x: Tensor): Tensor {
  requireMatrices('rowNorm', x);
  return scope(() => max(sum(abs(x), { axis: -1 }), { axis: -1 }));
}

/**
 * |X|_{1,inf} = sqrt(|X|_1 |X|_inf), with the root, which the release's `functions.composite_norm` lacks: homogeneous, positive and submultiplicative, but without a
 * triangle inequality. x [..., tokens, channels] -> [...]. @throws {ShapeError}
 */
export function compositeNorm(x: Tensor): Tensor {
  requireMatrices('compositeNorm', x);
  // The product of the roots: that of the norms would leave the range of float32 for values below 1e-19.
  return scope(() => mul(sqrt(columnNorm(x)), sqrt(rowNorm(x))));
}

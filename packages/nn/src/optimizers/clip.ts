/** The length of all gradients together, and limits to it and to each value. */
import {
  add,
  cast,
  clip,
  mul,
  norm,
  OptionError,
  requireAbove,
  scope,
  sqrt,
  square,
  type Tensor,
} from '@saccade/tensor';

/** sqrt(sum of all squares) of tensors: a scalar. @throws {OptionError} for none */
export function globalNorm(gradients: Iterable<Tensor>): Tensor {
  return scope(() => {
    const squares = Array.from(gradients, (g) => square(norm(g)));
    if (squares.length === 0) throw new OptionError('globalNorm: there are no gradients');
    return sqrt(squares.reduce((total, one) => add(total, one)));
  });
}

/**
 * The gradients, scaled down together so that their global norm is at most `limit`. Pascanu et al. 2013.
 * Returns new tensors and the norm before, a scalar. @throws {OptionError} unless limit > 0
 */
export function clipByGlobalNorm(
  gradients: ReadonlyMap<string, Tensor>,
  limit: number,
): { readonly gradients: Map<string, Tensor>; readonly norm: Tensor } {
  requireAbove('clipByGlobalNorm', 'limit', limit);
  return scope(() => {
    const length = globalNorm(gradients.values());
    const scale = length.add(1e-6).pow(-1).mul(limit).minimum(1);
    return {
      gradients: new Map(Array.from(gradients, ([name, g]) => [name, mul(g, cast(scale, g.dtype))])),
      norm: length,
    };
  });
}

/** The gradients with each value moved into [-limit, limit], as new tensors. @throws {OptionError} unless limit > 0 */
export function clipByValue(gradients: ReadonlyMap<string, Tensor>, limit: number): Map<string, Tensor> {
  requireAbove('clipByValue', 'limit', limit);
  return scope(() => new Map(Array.from(gradients, ([name, g]) => [name, clip(g, -limit, limit)])));
}

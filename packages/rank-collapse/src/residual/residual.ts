/** What is left of tokens once what they have in common is taken out: res(X) = X - 1 x^T. */
import { add, checkOptions, div, max, mean, min, requireOneOf, scope, sort, sub, type Tensor } from '@saccade/tensor';
import { requireMatrices } from './composite-norm.js';

/** The common token x: the mean (least squares, as the release), the median (least absolute values) or the middle of the range (least maximum), channel by channel. */
export type Center = 'mean' | 'median' | 'midrange';

/** Options of `residual`. */
export interface ResidualOptions {
  /** Default mean. */
  readonly center?: Center | undefined;
}

/**
 * The common token: x [..., tokens, channels] -> [..., 1, channels].
 * @throws {OptionError} for another center @throws {ShapeError} unless there are tokens
 */
export function centerOf(x: Tensor, center: Center = 'mean'): Tensor {
  requireMatrices('centerOf', x);
  requireOneOf('centerOf', 'center', center, ['mean', 'median', 'midrange']);
  if (center === 'mean') return mean(x, { axis: -2, keepDims: true });
  return scope(() => {
    if (center === 'midrange') {
      return div(add(max(x, { axis: -2, keepDims: true }), min(x, { axis: -2, keepDims: true })), 2);
    }
    return medianOf(x);
  });
}

function medianOf(x: Tensor): Tensor {
  const tokens = x.shape.at(-2) as number;
  const ordered = sort(x, { axis: -2 }).values;
  const [low, high] = [Math.floor((tokens - 1) / 2), Math.floor(tokens / 2)];
  const row = (i: number): Tensor => ordered.at('...', `${i}:${i + 1}`, ':');
  return low === high ? row(low) : div(add(row(low), row(high)), 2);
}

/**
 * res(X) = X - 1 x^T: x [..., tokens, channels] -> the same. One token leaves zeros.
 * @param options `center`: 'mean' (default), 'median' or 'midrange'
 * @throws {OptionError} for another center @throws {ShapeError} unless there are tokens
 */
export function residual(x: Tensor, options: ResidualOptions = {}): Tensor {
  const { center = 'mean' } = checkOptions('residual', options, ['center']);
  requireMatrices('residual', x);
  requireOneOf('residual', 'center', center, ['mean', 'median', 'midrange']);
  return scope(() => sub(x, centerOf(x, center)));
}

/** The check of a tensor's shape, which tells the extents. */
import { DTypeError, ShapeError } from '@saccade/kernels';
import { quote } from './arguments.js';
import { type Shape, show } from './shape.js';
import { isTensor, type Tensor } from './tensor.js';

/**
 * The shape of a tensor that has to be as `pattern` says: a number is the extent that an axis must have, a word names one that
 * is free. `const [batch, n] = requireShape('topK', 'scores', scores, ['batch', 'n'])`
 * @param name names the tensor in errors
 * @throws {ShapeError} unless it fits: `topK: scores must be [batch, n], got [3]` @throws {DTypeError} for what is no tensor
 */
export function requireShape<const P extends readonly (number | string)[]>(
  op: string,
  name: string,
  t: Tensor<Shape>,
  pattern: P,
): { readonly [I in keyof P]: number } {
  if (!isTensor(t)) throw new DTypeError(`${op}: ${name} must be a tensor [${pattern.join(', ')}], got ${quote(t)}`);
  const { shape } = t;
  let fits = shape.length === pattern.length;
  for (let i = 0; fits && i < pattern.length; i++) fits = typeof pattern[i] === 'string' || pattern[i] === shape[i];
  if (!fits) throw new ShapeError(`${op}: ${name} must be [${pattern.join(', ')}], got ${show(shape)}`);
  return shape as unknown as { readonly [I in keyof P]: number };
}

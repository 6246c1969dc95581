/** What every optimizer checks before anything moves. */
import { isTensor, OptionError, quote, ShapeError, sameShape, show, type Tensor } from '@saccade/tensor';

/**
 * The gradients, one for each parameter, of its shape and type; others may be among them.
 * @throws {OptionError} unless it is a Map, and if one is missing or was disposed @throws {ShapeError} if one does not fit
 */
export function requireGradients(
  op: string,
  parameters: ReadonlyMap<string, Tensor>,
  gradients: ReadonlyMap<string, Tensor>,
): ReadonlyMap<string, Tensor> {
  if (!(gradients instanceof Map)) {
    throw new OptionError(`${op}: expected a Map of gradients by name, got ${quote(gradients)}`);
  }
  for (const [name, { shape, dtype }] of parameters) {
    const gradient: unknown = gradients.get(name);
    if (!isTensor(gradient) || gradient.disposed) throw new OptionError(`${op}: there is no gradient of '${name}'`);
    if (!sameShape(gradient.shape, shape) || gradient.dtype !== dtype) {
      const got = `${gradient.dtype} ${show(gradient.shape)}`;
      throw new ShapeError(`${op}: the gradient of '${name}' must be ${dtype} ${show(shape)}, got ${got}`);
    }
  }
  return gradients;
}

/** What can be trained: a module, or tensors by name. */
import { DTypeError, isTensor, OptionError, quote, type Tensor } from '@saccade/tensor';
import { type AnyModule, Module } from '../module.js';

/** A module, whose parameters are meant, or tensors by name. */
export type Trainable = AnyModule | Readonly<Record<string, Tensor>> | ReadonlyMap<string, Tensor>;

/** The tensors by name. @throws {OptionError} for none, and for what is no tensor @throws {DTypeError} for whole numbers */
export function trainedTensors(op: string, trained: Trainable): ReadonlyMap<string, Tensor> {
  const given: unknown = trained instanceof Module ? trained.parameters() : trained;
  if (typeof given !== 'object' || given === null || isTensor(given)) {
    throw new OptionError(`${op}: expected a module or tensors by name, got ${quote(given)}`);
  }
  const parameters = new Map<string, Tensor>();
  const seen = new Set<Tensor>();
  for (const [name, tensor] of given instanceof Map ? given : Object.entries(given)) {
    if (!isTensor(tensor)) throw new OptionError(`${op}: '${name}' is no tensor, got ${quote(tensor)}`);
    if (tensor.dtype !== 'float32' && tensor.dtype !== 'float64') {
      throw new DTypeError(`${op}: '${name}' must be float32 or float64 to be trained, got ${tensor.dtype}`);
    }
    // One that stands at two places is trained once.
    if (!seen.has(tensor)) parameters.set(name as string, tensor);
    seen.add(tensor);
  }
  if (parameters.size === 0) {
    throw new OptionError(
      `${op}: there is nothing to train; a module's parts must be in properties that are not private`,
    );
  }
  return parameters;
}

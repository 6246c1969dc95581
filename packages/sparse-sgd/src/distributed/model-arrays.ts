/** Parameters and what an optimizer remembers of them, as arrays by name, and back. */
import { type Optimizer, StateDictError } from '@saccade/nn';
import { assign, type StoredArray, sameShape, scope, show, type Tensor, tensor } from '@saccade/tensor';
import type { Vector } from '../compress/message.js';
import { type ByTensor, stored, vectorOf } from './memory-by-tensor.js';

/** Everything under `parameter.<name>` and `optimizer.<slot>.<name>`. */
export async function modelArrays(inner: Optimizer): Promise<ByTensor> {
  const tensors = [
    ...Array.from(inner.parameters, ([name, t]) => [`parameter.${name}`, t] as const),
    ...Array.from(inner.state(), ([name, t]) => [`optimizer.${name}`, t] as const),
  ];
  const arrays = tensors.map(async ([name, t]) => [name, stored(await vectorIn(t), t.shape)] as const);
  return new Map(await Promise.all(arrays));
}

/** The values of a float tensor, wherever it is. */
export function vectorIn(t: Tensor): Promise<Vector> {
  return t.dtype === 'float64' ? t.data<'float64'>() : t.data<'float32'>();
}

/** The entries under a prefix, without it. */
export function part(prefix: string, arrays: ReadonlyMap<string, StoredArray>): ByTensor {
  const start = `${prefix}.`;
  const own = [...arrays].filter(([name]) => name.startsWith(start));
  return new Map(own.map(([name, array]) => [name.slice(start.length), array]));
}

/** A tensor like another with stored values; undefined if they are of another shape, or no floats. */
function tensorLike(like: Tensor, array: StoredArray | undefined): Tensor | undefined {
  const values = vectorOf(array);
  if (values === undefined || !sameShape(array!.shape, like.shape)) return undefined;
  return tensor(values, { shape: like.shape, dtype: like.dtype, device: like.device }) as Tensor;
}

/** Own tensors by name with the stored values that fit, and why others do not. */
function match(own: ReadonlyMap<string, Tensor>, arrays: ReadonlyMap<string, StoredArray>) {
  const fitting = new Map<string, Tensor>();
  const missing: string[] = [];
  const mismatched: string[] = [];
  for (const [name, t] of own) {
    const array = arrays.get(name);
    const value = tensorLike(t, array);
    if (value !== undefined) fitting.set(name, value);
    else if (array === undefined) missing.push(name);
    else mismatched.push(`${name}: expected ${show(t.shape)}, got ${array.dtype} ${show(array.shape)}`);
  }
  return { fitting, missing, mismatched };
}

/**
 * Takes over what `modelArrays` gave. With `strict` all must fit; without, what does not keeps its value. Nothing is changed if it throws.
 * @returns the names of parameters that keep their values @throws {StateDictError}
 */
export function loadModelArrays(
  what: string,
  inner: Optimizer,
  arrays: ReadonlyMap<string, StoredArray>,
  steps: number,
  strict: boolean,
): string[] {
  return scope(() => {
    const given = part('parameter', arrays);
    const parameters = match(inner.parameters, given);
    const state = match(inner.state(), part('optimizer', arrays));
    const { missing, mismatched } = parameters;
    const unexpected = [...given.keys()].filter((name) => !inner.parameters.has(name));
    if (strict && missing.length + mismatched.length + unexpected.length > 0) {
      throw new StateDictError(what, missing, unexpected, mismatched);
    }
    inner.loadState(strict ? state.fitting : new Map([...inner.state(), ...state.fitting]), steps);
    for (const [name, value] of parameters.fitting) assign(inner.parameters.get(name)!, value);
    return [...inner.parameters.keys()].filter((name) => !parameters.fitting.has(name));
  });
}

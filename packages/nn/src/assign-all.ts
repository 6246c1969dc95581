/** New values for tensors by name: all or none. */
import { assign, sameShape, show, type Tensor } from '@saccade/tensor';
import { requireDevice } from './check.js';
import { StateDictError } from './state-dict-error.js';

/** @internal @throws {StateDictError} unless there is a value of the same kind for each tensor */
export function requireAll(what: string, own: ReadonlyMap<string, Tensor>, given: ReadonlyMap<string, Tensor>): void {
  const missing = [...own.keys()].filter((name) => !given.has(name));
  const mismatched = [...own].flatMap(([name, t]) => {
    const value = given.get(name);
    if (value === undefined || (sameShape(value.shape, t.shape) && value.dtype === t.dtype)) return [];
    return [`${name}: expected ${t.dtype} ${show(t.shape)}, got ${value.dtype} ${show(value.shape)}`];
  });
  if (missing.length + mismatched.length > 0) throw new StateDictError(what, missing, [], mismatched);
  for (const [name, t] of own) requireDevice(what, t, given.get(name) as Tensor);
}

/** @internal Gives tensors new values by name: all or, if something does not fit, none. @throws {StateDictError} */
export function assignAll(what: string, own: ReadonlyMap<string, Tensor>, given: ReadonlyMap<string, Tensor>): void {
  requireAll(what, own, given);
  for (const [name, t] of own) assign(t, given.get(name) as Tensor);
}

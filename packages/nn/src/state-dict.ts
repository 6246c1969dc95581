/** All tensors of a module by PyTorch's names and layouts: taking them out, putting them in. */
import {
  assign,
  cast,
  checkOptions,
  isTensor,
  type NamedTensors,
  OptionError,
  quote,
  requireFunction,
  reshape,
  sameShape,
  scope,
  show,
  type Tensor,
  transpose,
} from '@saccade/tensor';
import { requireDevice, requireModule } from './check.js';
import type { AnyModule, Entry } from './module.js';
import { StateDictError } from './state-dict-error.js';

/** How to load. */
export interface LoadOptions {
  /** Whether every tensor on both sides must meet its counterpart; shapes must agree in any case. Default true. */
  readonly strict?: boolean | undefined;
  /** The module's name for a stored one, or undefined to leave it out. Default: the same. */
  readonly rename?: ((name: string) => string | undefined) | undefined;
}

/** @internal The names of these options. */
export const loadNames = ['strict', 'rename'] as const;

/** What was left alone with `strict: false`. */
export interface LoadReport {
  /** The module's names that were not given: they keep their values. */
  readonly missing: readonly string[];
  /** Given names that the module has not. */
  readonly unexpected: readonly string[];
}

/** A snapshot of all parameters and buffers in PyTorch's layouts, under PyTorch's names. The tensors are the caller's. */
export function stateDict(module: AnyModule): Map<string, Tensor> {
  requireModule('stateDict', module);
  return scope(() => new Map(Array.from(module.entries(), ([name, entry]) => [name, toStored(entry)])));
}

/**
 * Gives a module the values of a state dict: all or, if something does not fit, none. The given tensors stay as they are.
 * @throws {StateDictError} that lists what is missing, unexpected or of another shape
 */
export function loadStateDict(module: AnyModule, state: NamedTensors, options: LoadOptions = {}): LoadReport {
  requireModule('loadStateDict', module);
  checkOptions('loadStateDict', options, loadNames);
  if (typeof state !== 'object' || state === null || isTensor(state)) {
    throw new OptionError(`loadStateDict: expected tensors by name, got ${quote(state)}`);
  }
  const stored = new Map<string, Tensor>(state instanceof Map ? state : Object.entries(state));
  for (const [name, t] of stored) {
    if (!isTensor(t)) throw new OptionError(`loadStateDict: '${name}' is no tensor, got ${quote(t)}`);
  }
  const { pairs, missing, unexpected } = matchEntries('loadStateDict', module, stored, options);
  scope(() => {
    // All are made before the first is assigned: one that was freed, or lives on another device, is found then.
    const values = pairs.map(([name, entry]) => [entry.tensor, fromStored(entry, stored.get(name) as Tensor)] as const);
    for (const [own, value] of values) requireDevice('loadStateDict', own, value);
    for (const [own, value] of values) assign(own, value);
  });
  return { missing, unexpected };
}

/** @internal @throws {StateDictError} unless a module can take a state dict whole */
export function requireStateDict(what: string, module: AnyModule, state: ReadonlyMap<string, Tensor>): void {
  matchEntries(what, module, state, {});
}

/** @internal Pairs stored names with the module's entries. @throws {StateDictError} */
export function matchEntries(
  what: string,
  module: AnyModule,
  stored: ReadonlyMap<string, { readonly shape: readonly number[]; readonly dtype: string }>,
  { strict = true, rename = (name) => name }: LoadOptions,
): { readonly pairs: readonly (readonly [string, Entry])[] } & LoadReport {
  requireFunction(what, rename);
  const entries = module.entries();
  const pairs: [string, Entry][] = [];
  const taken = new Map<string, string>();
  const unexpected: string[] = [];
  const mismatched: string[] = [];
  const given = new Set<Tensor>();
  for (const [name, info] of stored) {
    const own = rename(name);
    if (own === undefined) continue;
    const entry = entries.get(own);
    if (entry === undefined) unexpected.push(name);
    else {
      const twin = taken.get(own);
      const twice = twin === undefined ? undefined : `${own}: given twice, as ${twin} and as ${name}`;
      taken.set(own, name);
      const problem = twice ?? mismatch(own, entry, info.shape, info.dtype);
      if (problem !== undefined) mismatched.push(problem);
      given.add(entry.tensor);
      pairs.push([name, entry]);
    }
  }
  // A tensor that stands at two places needs to be given once.
  const missing = [...entries].filter(([, { tensor }]) => !given.has(tensor)).map(([name]) => name);
  if (mismatched.length > 0 || (strict && missing.length + unexpected.length > 0)) {
    throw new StateDictError(what, missing, unexpected, mismatched);
  }
  return { pairs, missing, unexpected };
}

function toStored({ tensor, order }: Entry): Tensor {
  return order === undefined ? reshape(tensor, tensor.shape) : transpose(tensor, order);
}

function storedShape({ tensor, order }: Entry): readonly number[] {
  return order === undefined ? tensor.shape : order.map((axis) => tensor.shape[axis] as number);
}

/** @internal A parameter's values from their stored layout. */
export function fromStored(entry: Entry, stored: Tensor): Tensor {
  const same = cast(stored, entry.tensor.dtype);
  if (entry.order === undefined) return same;
  const { order } = entry;
  return transpose(
    same,
    order.map((_, axis) => order.indexOf(axis)),
  );
}

/** How a stored tensor differs from what the module needs; undefined if it fits. */
function mismatch(name: string, entry: Entry, shape: readonly number[], dtype: string): string | undefined {
  const expected = storedShape(entry);
  const isFloat = (type: string): boolean => type.startsWith('float');
  if (!sameShape(expected, shape)) return `${name}: expected ${show(expected)}, got ${show(shape)}`;
  if (isFloat(entry.tensor.dtype) !== isFloat(dtype)) return `${name}: expected ${entry.tensor.dtype}, got ${dtype}`;
  return undefined;
}

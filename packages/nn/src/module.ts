/** What every layer and model is: named parameters, buffers and generators, training or evaluation, saving and loading. */
import { isTensor, keep, type NamedTensors, OptionError, type Rng, SaccadeError, type Tensor } from '@saccade/tensor';
import { type LoadOptions, type LoadReport, loadStateDict, stateDict } from './state-dict.js';

/** How a parameter or buffer stands in a state dict. */
export interface EntryOptions {
  /** Order of its axes there, as `transpose` takes it: PyTorch keeps filters as [out, in, height, width]. Default: as it is. */
  readonly order?: readonly number[] | undefined;
}

/** A parameter or buffer of one module. */
export interface Entry {
  readonly tensor: Tensor;
  readonly kind: 'parameter' | 'buffer';
  readonly order: readonly number[] | undefined;
}

/** A module whatever it takes and gives. */
export type AnyModule = Module<never, unknown>;

/**
 * A part of a network. Subclasses register their tensors with `parameter` and `buffer`, keep their parts (modules, or
 * arrays, plain objects and maps of modules) in ordinary properties, and compute in `forward`. Parts are found by
 * walking the properties, so private `#fields` do not count.
 *
 * Names are PyTorch's: those of the properties in snake_case, joined by dots, as in `layers.0.self_attn.in_proj_weight`.
 */
export abstract class Module<Inputs extends readonly unknown[] = [x: Tensor], Output = Tensor> {
  readonly #entries = new Map<string, Entry>();
  readonly #generators = new Map<string, Rng>();
  #training = true;

  /** The computation. Layers of this package free all that they make on the way. */
  abstract forward(...inputs: Inputs): Output;

  /** Whether dropout drops and batch norm looks at the batch. Modules begin in training. */
  get training(): boolean {
    return this.#training;
  }

  /** Registers a tensor that is trained; it lives until `dispose`. Returns it. */
  protected parameter(name: string, tensor: Tensor, options: EntryOptions = {}): Tensor {
    return this.#register('parameter', name, tensor, options);
  }

  /** Registers a tensor that is saved but not trained, such as a running mean; it lives until `dispose`. Returns it. */
  protected buffer(name: string, tensor: Tensor, options: EntryOptions = {}): Tensor {
    return this.#register('buffer', name, tensor, options);
  }

  /** Registers a stream of random numbers, whose place check points keep. Returns it. */
  protected generator(name: string, rng: Rng): Rng {
    if (this.#generators.has(name))
      throw new OptionError(`${this.constructor.name}: there are two generators '${name}'`);
    this.#generators.set(name, rng);
    return rng;
  }

  #register(kind: Entry['kind'], name: string, tensor: Tensor, { order }: EntryOptions): Tensor {
    if (!isTensor(tensor)) throw new OptionError(`${this.constructor.name}: ${kind} '${name}' must be a tensor`);
    if (this.#entries.has(name)) throw new OptionError(`${this.constructor.name}: there are two tensors '${name}'`);
    this.#entries.set(name, { tensor: keep(tensor), kind, order });
    return tensor;
  }

  /** The name under which the parts in a property stand; '' gives those of an array their bare positions. */
  protected nameOf(property: string): string {
    return property;
  }

  /** The modules directly inside this one, by name. @throws {OptionError} if two have one name */
  children(): Map<string, AnyModule> {
    const found = new Map<string, AnyModule>();
    for (const [key, value] of Object.entries(this)) {
      if (typeof value === 'object') collect(this.nameOf(snakeCase(key)), value, found, new Set());
    }
    return found;
  }

  /** This module under the name '' and all modules inside, outer ones first; one that stands at two places has two names. */
  modules(): Map<string, AnyModule> {
    const found = new Map<string, AnyModule>();
    walk('', this, found, new Set());
    return found;
  }

  /** All parameters and buffers by name, of this module and all inside, with their kind and their layout in state dicts. */
  entries(): Map<string, Entry> {
    const found = new Map<string, Entry>();
    for (const [path, module] of this.modules()) {
      for (const [name, entry] of module.#entries) found.set(join(path, name), entry);
    }
    return found;
  }

  /** The trained tensors by name; one that stands at two places is listed at the first. */
  parameters(): Map<string, Tensor> {
    return distinct(this.entries(), 'parameter');
  }

  /** The tensors that are saved but not trained, by name. */
  buffers(): Map<string, Tensor> {
    return distinct(this.entries(), 'buffer');
  }

  /** The streams of random numbers by name. */
  generators(): Map<string, Rng> {
    const found = new Map<string, Rng>();
    for (const [path, module] of this.modules()) {
      for (const [name, rng] of module.#generators) found.set(join(path, name), rng);
    }
    return found;
  }

  /** Sets this module and all inside to training, or with `false` to evaluation. Returns it. */
  train(training = true): this {
    for (const module of this.modules().values()) module.#training = training;
    return this;
  }

  /** Sets this module and all inside to evaluation. Returns it. */
  eval(): this {
    return this.train(false);
  }

  /** A snapshot of all parameters and buffers in PyTorch's layouts, under PyTorch's names. The tensors are the caller's. */
  stateDict(): Map<string, Tensor> {
    return stateDict(this);
  }

  /** Takes over the values of a state dict: all or, if something does not fit, none. @throws {StateDictError} that lists what does not fit */
  loadStateDict(state: NamedTensors, options: LoadOptions = {}): LoadReport {
    return loadStateDict(this, state, options);
  }

  /** Number of trained values. */
  get size(): number {
    let total = 0;
    for (const tensor of this.parameters().values()) total += tensor.size;
    return total;
  }

  /** Frees all parameters and buffers, of the modules inside too. */
  dispose(): void {
    for (const { tensor } of this.entries().values()) tensor.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const join = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`);

/** Notes the modules of one property: itself, or those in arrays, sets, maps and plain objects, whose names join on. */
function collect(name: string, value: unknown, found: Map<string, AnyModule>, around: Set<object>): void {
  if (typeof value !== 'object' || value === null || around.has(value)) return;
  if (value instanceof Module) {
    if (found.has(name)) throw new OptionError(`there are two modules '${name}'`);
    found.set(name, value);
    return;
  }
  const parts = partsOf(value);
  if (parts === undefined) return;
  around.add(value);
  for (const [key, part] of parts) if (typeof part === 'object') collect(join(name, String(key)), part, found, around);
  around.delete(value);
}

/** The members of what may hold modules, with their names. */
function partsOf(value: object): Iterable<readonly [unknown, unknown]> | undefined {
  if (Array.isArray(value) || value instanceof Map) return value.entries();
  if (value instanceof Set) return [...value].entries();
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null ? Object.entries(value) : undefined;
}

function walk(path: string, module: AnyModule, found: Map<string, AnyModule>, around: Set<AnyModule>): void {
  if (around.has(module)) throw new SaccadeError('module', `a module contains itself, at '${path}'`);
  found.set(path, module);
  around.add(module);
  for (const [name, child] of module.children()) walk(join(path, name), child, found, around);
  around.delete(module);
}

function distinct(entries: Map<string, Entry>, kind: Entry['kind']): Map<string, Tensor> {
  const seen = new Set<Tensor>();
  const found = new Map<string, Tensor>();
  for (const [name, entry] of entries) {
    if (entry.kind !== kind || seen.has(entry.tensor)) continue;
    seen.add(entry.tensor);
    found.set(name, entry.tensor);
  }
  return found;
}

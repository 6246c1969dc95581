/** All tensors of a module by PyTorch's names and layouts: taking them out, putting them in, files. */
import {
  assign,
  cast,
  checkOptions,
  DeviceError,
  type FileSource,
  isTensor,
  type NamedTensors,
  OptionError,
  openSafetensors,
  quote,
  requireFunction,
  reshape,
  SaccadeError,
  sameShape,
  saveSafetensors,
  scope,
  show,
  type Tensor,
  transpose,
} from '@saccade/tensor';
import { requireModule } from './check.js';
import type { AnyModule, Entry } from './module.js';

/** Why a state dict does not fit a module. */
export class StateDictError extends SaccadeError {
  /** Names that the module has and the state dict has not. */
  readonly missing: readonly string[];
  /** Names that the state dict has and the module has not. */
  readonly unexpected: readonly string[];
  /** Names whose shapes or element types differ, and how. */
  readonly mismatched: readonly string[];

  constructor(what: string, missing: readonly string[], unexpected: readonly string[], mismatched: readonly string[]) {
    const list = (title: string, names: readonly string[]): string[] => {
      const shown = names.slice(0, 20).map((name) => `\n    ${name}`);
      const more = names.length > shown.length ? [`\n    … and ${names.length - shown.length} more`] : [];
      return names.length === 0 ? [] : [`\n  ${title} (${names.length}):`, ...shown, ...more];
    };
    const parts = [
      ...list('missing', missing),
      ...list('unexpected', unexpected),
      ...list('of another shape or type', mismatched),
    ];
    super('state-dict', `${what}: the given tensors do not fit${parts.join('')}`);
    this.missing = missing;
    this.unexpected = unexpected;
    this.mismatched = mismatched;
  }
}

/** How to load. */
export interface LoadOptions {
  /** Whether every tensor on both sides must meet its counterpart; shapes must agree in any case. Default true. */
  readonly strict?: boolean | undefined;
  /** The module's name for a stored one, or undefined to leave it out. Default: the same. */
  readonly rename?: ((name: string) => string | undefined) | undefined;
}

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

function toStored({ tensor, order }: Entry): Tensor {
  return order === undefined ? reshape(tensor, tensor.shape) : transpose(tensor, order);
}

function storedShape({ tensor, order }: Entry): readonly number[] {
  return order === undefined ? tensor.shape : order.map((axis) => tensor.shape[axis] as number);
}

/** A parameter's values from their stored layout. */
function fromStored(entry: Entry, stored: Tensor): Tensor {
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

/** Pairs stored names with the module's. @throws {StateDictError} */
function match(
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

const loadNames = ['strict', 'rename'] as const;

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
  const { pairs, missing, unexpected } = match('loadStateDict', module, stored, options);
  scope(() => {
    // All are made before the first is assigned: one that was freed, or lives on another device, is found then.
    const values = pairs.map(([name, entry]) => [entry.tensor, fromStored(entry, stored.get(name) as Tensor)] as const);
    for (const [own, value] of values) requireDevice('loadStateDict', own, value);
    for (const [own, value] of values) assign(own, value);
  });
  return { missing, unexpected };
}

function requireDevice(what: string, own: Tensor, value: Tensor): void {
  if (own.device === value.device) return;
  throw new DeviceError(
    `${what}: the module lives on '${own.device.name}', the given tensors on another '${value.device.name}'`,
  );
}

/** @internal @throws {StateDictError} unless a module can take a state dict whole */
export function requireStateDict(what: string, module: AnyModule, state: ReadonlyMap<string, Tensor>): void {
  match(what, module, state, {});
}

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

/** Writes a module's state dict as safetensors, which PyTorch can read, whole or not at all. @throws {SaccadeError} with code `io` if it cannot be written */
export async function saveModule(
  path: string,
  module: AnyModule,
  options: { readonly metadata?: Readonly<Record<string, string>> | undefined } = {},
): Promise<void> {
  requireModule('saveModule', module);
  checkOptions('saveModule', options, ['metadata']);
  await scope(async () =>
    saveSafetensors(path, stateDict(module), { metadata: { format: 'pt', ...options.metadata } }),
  );
}

const elementTypes: Readonly<Record<string, string>> = {
  F64: 'float64',
  F32: 'float32',
  F16: 'float32',
  BF16: 'float32',
};

/**
 * Gives a module the values of a safetensors file, one tensor at a time. Nothing is changed unless all fit.
 * @param source a path (in Node), a URL object, a File or Blob, or bytes
 * @throws {StateDictError} @throws {FormatError} for a damaged file @throws {SaccadeError} with code `io` if it cannot be read
 */
export async function loadModule(
  source: FileSource,
  module: AnyModule,
  options: LoadOptions & { readonly signal?: AbortSignal | undefined } = {},
): Promise<LoadReport> {
  requireModule('loadModule', module);
  const { signal, ...rest } = checkOptions('loadModule', options, [...loadNames, 'signal']);
  const file = await openSafetensors(source, { signal });
  try {
    const stored = new Map(
      file.names.map((name) => {
        const { dtype, shape } = file.info(name);
        return [name, { shape, dtype: elementTypes[dtype] ?? 'int32' }];
      }),
    );
    const { pairs, missing, unexpected } = match('loadModule', module, stored, rest);
    await scope(async () => {
      const values: [Entry, Tensor][] = [];
      for (const [name, entry] of pairs) {
        values.push([entry, fromStored(entry, await file.read(name, { device: entry.tensor.device }))]);
      }
      for (const [entry, value] of values) assign(entry.tensor, value);
    });
    return { missing, unexpected };
  } finally {
    await file.close();
  }
}

/** All tensors of a module by PyTorch's names and layouts: taking them out, putting them in, files. */
import {
  assign,
  cast,
  checkOptions,
  type FileSource,
  isTensor,
  type NamedTensors,
  OptionError,
  openSafetensors,
  quote,
  reshape,
  SaccadeError,
  saveSafetensors,
  scope,
  type Tensor,
  transpose,
} from '@saccade/tensor';
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
    super('state-dict', `${what}: the tensors do not fit the module${parts.join('')}`);
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
  const same = cast(stored, entry.tensor.dtype) as Tensor;
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
  if (expected.join() !== shape.join()) return `${name}: expected [${expected.join(', ')}], got [${shape.join(', ')}]`;
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
  const entries = module.entries();
  const pairs: [string, Entry][] = [];
  const unexpected: string[] = [];
  const mismatched: string[] = [];
  const given = new Set<Tensor>();
  for (const [name, info] of stored) {
    const own = rename(name);
    if (own === undefined) continue;
    const entry = entries.get(own);
    if (entry === undefined) unexpected.push(name);
    else {
      const problem = mismatch(own, entry, info.shape, info.dtype);
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
  checkOptions('loadStateDict', options, loadNames);
  const stored = new Map<string, Tensor>(state instanceof Map ? state : Object.entries(state));
  for (const [name, t] of stored) {
    if (!isTensor(t)) throw new OptionError(`loadStateDict: '${name}' is no tensor, got ${quote(t)}`);
  }
  const { pairs, missing, unexpected } = match('loadStateDict', module, stored, options);
  for (const [name, entry] of pairs) scope(() => assign(entry.tensor, fromStored(entry, stored.get(name) as Tensor)));
  return { missing, unexpected };
}

/** Writes a module's state dict as safetensors, which PyTorch can read, whole or not at all. @throws {SaccadeError} with code `io` if it cannot be written */
export async function saveModule(
  path: string,
  module: AnyModule,
  options: { readonly metadata?: Readonly<Record<string, string>> } = {},
): Promise<void> {
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
  options: LoadOptions & { readonly signal?: AbortSignal } = {},
): Promise<LoadReport> {
  const { signal, ...rest } = checkOptions('loadModule', options, [...loadNames, 'signal']);
  const file = await openSafetensors(source, signal === undefined ? {} : { signal });
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

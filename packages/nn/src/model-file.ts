/** A model in one safetensors file: the tensors of a module, and in the metadata what it is and how it is built. */
import {
  checkOptions,
  type FileSource,
  FormatError,
  OptionError,
  openSafetensors,
  quote,
  requireFunction,
  type SafetensorsFile,
} from '@saccade/tensor';
import { requireModule } from './check.js';
import { configJson } from './config-json.js';
import type { AnyModule } from './module.js';
import { loadModule, type ModuleTarget, saveModule } from './module-file.js';
import { StateDictError } from './state-dict-error.js';

/** What a file says that it is: `{ name: 'saccade_selector', version: '1' }` stands in its metadata as `saccade_selector: 1`. */
export interface ModelKind {
  readonly name: string;
  readonly version: string;
}

/** Options of `saveModel`. */
export interface SaveModelOptions {
  readonly kind: ModelKind;
  /** What the model can be built from again: plain data, stored as JSON. Properties that are undefined are left out. */
  readonly config: object;
  /** Further texts for the metadata. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

/** Options of `loadModel`. */
export interface LoadModelOptions<M extends AnyModule> {
  /** How errors name the operation. */
  readonly op: string;
  readonly kind: ModelKind;
  /**
   * Builds the model from its configuration, which a stranger may have written. `values` is how many values the file's tensors
   * have together: nothing larger should be made for it. What it throws means a damaged file, but for an OptionError that names `op`,
   * for what the caller has to pass. If it throws, it frees what it made until then.
   */
  readonly build: (config: Readonly<Record<string, unknown>>, values: number) => M;
  /** Modules that `build` did not make: they are not freed should loading fail. Those that are undefined count as not given. */
  readonly theirs?: readonly (AnyModule | undefined)[] | undefined;
  /** Aborts downloads. */
  readonly signal?: AbortSignal | undefined;
}

/** Writes a model that `loadModel` and PyTorch can read, whole or not at all: to a path (in Node) or a store. @throws {OptionError} also for a configuration that JSON cannot hold @throws {SaccadeError} with code `io` if it cannot be written */
export async function saveModel(target: ModuleTarget, model: AnyModule, options: SaveModelOptions): Promise<void> {
  const { kind, config, metadata } = checkOptions('saveModel', options, ['kind', 'config', 'metadata']);
  requireKind('saveModel', kind);
  requireModule('saveModel', model);
  const own = { [kind.name]: kind.version, config: configJson('saveModel', config) };
  await saveModule(target, model, { metadata: { ...metadata, ...own } });
}

/**
 * Builds the model of a file that `saveModel` wrote and gives it its values.
 * @param source a path (in Node), a URL object, a File or Blob, bytes, or an open file
 * @throws {OptionError} also if `build` gives no module @throws {FormatError} for a damaged file, or one of another kind or version
 * @throws {StateDictError} that lists tensors that are missing,
 * unexpected or of another shape @throws {SaccadeError} with code `io`
 */
export async function loadModel<M extends AnyModule>(
  source: FileSource | SafetensorsFile,
  options: LoadModelOptions<M>,
): Promise<M> {
  const { op, kind, build, theirs = [], signal } = checkOptions('loadModel', options, names);
  requireKind(op, kind);
  requireFunction(op, build);
  const isOpen = 'readStored' in Object(source);
  const file = isOpen ? (source as SafetensorsFile) : await openSafetensors(source as FileSource, { signal });
  try {
    const model = built(op, () => build(configOf(op, kind, file.metadata), valuesIn(file)));
    requireModule(op, model);
    try {
      await loadModule(file, model);
      return model;
    } catch (error) {
      freeOwn(model, theirs);
      if (!(error instanceof StateDictError)) throw error;
      throw new StateDictError(op, error.missing, error.unexpected, error.mismatched);
    }
  } finally {
    if (!isOpen) await file.close();
  }
}

const names = ['op', 'kind', 'build', 'theirs', 'signal'] as const;

/** @throws {OptionError} unless it has a name and a version */
function requireKind(op: string, kind: ModelKind): void {
  const { name, version }: Partial<ModelKind> = kind ?? {};
  if (typeof name === 'string' && typeof version === 'string') return;
  throw new OptionError(`${op}: kind must be { name, version }, got ${quote(kind)}`);
}

/** How many values the tensors of a file have together. */
function valuesIn(file: SafetensorsFile): number {
  return file.names.reduce((sum, name) => sum + file.info(name).shape.reduce((size, extent) => size * extent, 1), 0);
}

function configOf(
  op: string,
  { name, version }: ModelKind,
  metadata: SafetensorsFile['metadata'],
): Readonly<Record<string, unknown>> {
  if (metadata[name] !== version) {
    const found = metadata[name] === undefined ? `no ${name}` : `${name} ${metadata[name]}`;
    throw new FormatError(`${op}: expected a file of ${name} ${version}, got one of ${found}`);
  }
  let config: unknown;
  try {
    config = JSON.parse(metadata.config ?? '');
  } catch (cause) {
    throw new FormatError(`${op}: its configuration is no JSON`, { cause });
  }
  if (typeof config === 'object' && config !== null && !Array.isArray(config)) return config as Record<string, unknown>;
  throw new FormatError(`${op}: its configuration is no object`);
}

/** @throws {FormatError} for a configuration that nobody could have saved */
function built<M>(op: string, build: () => M): M {
  try {
    return build();
  } catch (cause) {
    const isOurs = cause instanceof OptionError && cause.message.startsWith(`${op}: `);
    if (cause instanceof FormatError || isOurs) throw cause;
    throw new FormatError(`${op}: its configuration is damaged: ${(cause as Error).message}`, { cause });
  }
}

/** Frees a model, but not what others made of it. */
function freeOwn(model: AnyModule, theirs: readonly (AnyModule | undefined)[]): void {
  const kept = new Set(
    theirs.flatMap((module) => Array.from(module?.entries().values() ?? [], ({ tensor }) => tensor)),
  );
  for (const { tensor } of model.entries().values()) if (!kept.has(tensor)) tensor.dispose();
}

/** A selector in one safetensors file: its tensors, and in the metadata how it is built. */
import { type AnyModule, type CheckpointStore, loadModule, saveModule, stateDict } from '@saccade/nn';
import {
  checkOptions,
  encodeSafetensors,
  type FileSource,
  FormatError,
  isTensor,
  OptionError,
  openSafetensors,
  quote,
  Rng,
  type SafetensorsFile,
  scope,
} from '@saccade/tensor';
import { ownModule, type PartOptions } from './part-kinds.js';
import { PatchSelector } from './patch-selector.js';
import type { PatchSelectorOptions } from './patch-selector-options.js';

/** The version of the format. */
const version = '1';
const parts = ['scorer', 'features', 'aggregation'] as const;

function requireSelector(op: string, selector: PatchSelector): void {
  if (selector instanceof PatchSelector) return;
  throw new OptionError(`${op}: expected a PatchSelector, got ${quote(selector)}`);
}

/**
 * Writes a selector, which PyTorch can read too, whole or not at all: to a path (in Node) or a store such as `browserStore`.
 * @throws {OptionError} for a selector whose sigma or noise is a tensor @throws {SaccadeError} with code `io` if it cannot be written
 */
export async function saveSelector(
  target: string | Pick<CheckpointStore, 'save'>,
  selector: PatchSelector,
): Promise<void> {
  const op = 'saveSelector';
  requireSelector(op, selector);
  const { selection } = selector.config;
  for (const name of ['sigma', 'noise'] as const) {
    if (isTensor(selection[name]))
      throw new OptionError(`${op}: selection.${name} is a tensor, which no file can hold`);
  }
  const metadata = { saccade_selector: version, config: JSON.stringify(selector.config) };
  if (typeof target === 'string') {
    await saveModule(target, selector, { metadata });
    return;
  }
  if (typeof Object(target).save !== 'function') {
    throw new OptionError(`${op}: a selector goes to a path or to { save }, got ${quote(target)}`);
  }
  await scope(async () =>
    target.save(await encodeSafetensors(stateDict(selector), { metadata: { format: 'pt', ...metadata } })),
  );
}

/** What a file cannot hold. */
export interface LoadSelectorOptions extends Pick<PatchSelectorOptions, (typeof parts)[number]> {
  /** What streams for dropout, noise and mixing are split from. Default `new Rng(0)`. */
  readonly rng?: Rng | undefined;
  /** Aborts downloads. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Builds the selector of a file that `saveSelector` wrote; parts that were modules of one's own have to be passed again.
 * @param source a path (in Node), a URL object, a File or Blob, or bytes
 * @throws {FormatError} for a damaged file; nothing larger than the file is made for it @throws {StateDictError} that lists tensors that are missing,
 * unexpected or of another shape @throws {OptionError} for a part that is missing @throws {SaccadeError} with code `io`
 */
export async function loadSelector(source: FileSource, options: LoadSelectorOptions = {}): Promise<PatchSelector> {
  const op = 'loadSelector';
  const { rng = new Rng(0), signal, ...given } = checkOptions(op, options, ['rng', 'signal', ...parts]);
  const file = await openSafetensors(source, { signal });
  const values = valuesIn(file);
  await file.close();
  const config = parseConfig(file.metadata);
  const own: Record<string, unknown> = {};
  for (const part of parts) own[part] = partOf(op, part, config[part], given[part]);
  const selector = build({ ...config, ...own, rng } as unknown as PatchSelectorOptions, values);
  try {
    await loadModule(source, selector, { signal });
  } catch (error) {
    freeOwn(selector, Object.values(given) as AnyModule[]);
    throw error;
  }
  return selector;
}

/** How many values the tensors of a file have together. */
function valuesIn(file: SafetensorsFile): number {
  return file.names.reduce((sum, name) => sum + file.info(name).shape.reduce((size, extent) => size * extent, 1), 0);
}

function parseConfig({ saccade_selector: stored, config }: SafetensorsFile['metadata']): Record<string, unknown> {
  if (stored !== version) {
    throw new FormatError(`loadSelector: is no selector of this version of saveSelector (saccade_selector ${stored})`);
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(config ?? '');
  } catch (cause) {
    throw new FormatError('loadSelector: its configuration is no JSON', { cause });
  }
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return parsed as Record<string, unknown>;
  throw new FormatError('loadSelector: its configuration is no object');
}

/** The stored data of a part, or the module that stands for it. */
function partOf(op: string, part: string, stored: unknown, given: unknown): unknown {
  const isOwn = (Object(stored) as Partial<PartOptions>).kind === ownModule;
  if (isOwn && given === undefined) {
    throw new OptionError(`${op}: the ${part} of this selector is a module of its maker's: pass { ${part} }`);
  }
  if (!isOwn && given !== undefined) throw new OptionError(`${op}: the file knows its ${part}, do not pass one`);
  return isOwn ? given : stored;
}

/** @throws {FormatError} for a configuration that nobody could have saved */
function build(options: PatchSelectorOptions, values: number): PatchSelector {
  try {
    return new PatchSelector(options, values);
  } catch (cause) {
    if (cause instanceof FormatError) throw cause;
    throw new FormatError(`loadSelector: its configuration is damaged: ${(cause as Error).message}`, { cause });
  }
}

/** Frees a selector, but not what others made of it. */
function freeOwn(selector: PatchSelector, theirs: readonly AnyModule[]): void {
  const kept = new Set(theirs.flatMap((module) => Array.from(module.entries().values(), ({ tensor }) => tensor)));
  for (const { tensor } of selector.entries().values()) if (!kept.has(tensor)) tensor.dispose();
}

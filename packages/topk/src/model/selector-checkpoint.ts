/** A selector in one safetensors file: its tensors, and in the metadata how it is built. */
import { type AnyModule, loadModel, type ModuleTarget, saveModel } from '@saccade/nn';
import { checkOptions, type FileSource, isTensor, OptionError, quote, Rng } from '@saccade/tensor';
import { ownModule, type PartOptions } from './part-kinds.js';
import { PatchSelector } from './patch-selector.js';
import type { PatchSelectorOptions } from './patch-selector-options.js';

const kind = { name: 'saccade_selector', version: '1' };
const parts = ['scorer', 'features', 'aggregation'] as const;

/**
 * Writes a selector, which PyTorch can read too, whole or not at all: to a path (in Node) or a store such as `browserStore`.
 * @param options.metadata further texts for the file, such as the names of the classes
 * @throws {OptionError} for a selector whose sigma or noise is a tensor @throws {SaccadeError} with code `io` if it cannot be written
 */
export async function saveSelector(
  target: ModuleTarget,
  selector: PatchSelector,
  options: { readonly metadata?: Readonly<Record<string, string>> | undefined } = {},
): Promise<void> {
  const op = 'saveSelector';
  const { metadata } = checkOptions(op, options, ['metadata']);
  if (!(selector instanceof PatchSelector)) {
    throw new OptionError(`${op}: expected a PatchSelector, got ${quote(selector)}`);
  }
  const { config } = selector;
  for (const name of ['sigma', 'noise'] as const) {
    if (isTensor(config.selection[name]))
      throw new OptionError(`${op}: selection.${name} is a tensor, which no file can hold`);
  }
  await saveModel(target, selector, { kind, config, metadata });
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
  const build = (config: Readonly<Record<string, unknown>>, values: number): PatchSelector => {
    const own: Record<string, unknown> = {};
    for (const part of parts) own[part] = partOf(op, part, config[part], given[part]);
    return new PatchSelector({ ...config, ...own, rng } as unknown as PatchSelectorOptions, values);
  };
  const theirs = Object.values(given).filter((part) => part !== undefined) as AnyModule[];
  return loadModel(source, { op, kind, build, theirs, signal });
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

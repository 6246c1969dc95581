/** A module's tensors in a safetensors file, as PyTorch writes and reads it. */
import {
  assign,
  checkOptions,
  encodeSafetensors,
  type FileSource,
  OptionError,
  openSafetensors,
  quote,
  type SafetensorsFile,
  saveSafetensors,
  scope,
  type Tensor,
} from '@saccade/tensor';
import { requireModule } from './check.js';
import type { AnyModule, Entry } from './module.js';
import { fromStored, type LoadOptions, type LoadReport, loadNames, matchEntries, stateDict } from './state-dict.js';
import type { CheckpointStore } from './training/checkpoint-store.js';

/** Where a module goes: a path (in Node), or whatever keeps bytes, such as `browserStore`. */
export type ModuleTarget = string | Pick<CheckpointStore, 'save'>;

/**
 * Writes a module's state dict as safetensors, which PyTorch can read, whole or not at all.
 * @throws {OptionError} unless the target is a path or can save @throws {SaccadeError} with code `io` if it cannot be written
 */
export async function saveModule(
  target: ModuleTarget,
  module: AnyModule,
  options: { readonly metadata?: Readonly<Record<string, string>> | undefined } = {},
): Promise<void> {
  requireModule('saveModule', module);
  checkOptions('saveModule', options, ['metadata']);
  const metadata = { format: 'pt', ...options.metadata };
  if (typeof target === 'string') {
    await scope(async () => saveSafetensors(target, stateDict(module), { metadata }));
    return;
  }
  if (typeof Object(target).save !== 'function') {
    throw new OptionError(`saveModule: a module goes to a path or to { save }, got ${quote(target)}`);
  }
  await scope(async () => target.save(await encodeSafetensors(stateDict(module), { metadata })));
}

const elementTypes: Readonly<Record<string, string>> = {
  F64: 'float64',
  F32: 'float32',
  F16: 'float32',
  BF16: 'float32',
};

/**
 * Gives a module the values of a safetensors file. It is read one tensor at a time, and all are held before the first is
 * assigned: nothing is changed unless all fit and can be read.
 * @param source a path (in Node), a URL object, a File or Blob, bytes, or an open file, which stays open
 * @throws {StateDictError} @throws {FormatError} for a damaged file @throws {SaccadeError} with code `io` if it cannot be read
 */
export async function loadModule(
  source: FileSource | SafetensorsFile,
  module: AnyModule,
  options: LoadOptions & { readonly signal?: AbortSignal | undefined } = {},
): Promise<LoadReport> {
  requireModule('loadModule', module);
  const { signal, ...rest } = checkOptions('loadModule', options, [...loadNames, 'signal']);
  const isOpen = 'readStored' in Object(source);
  const file = isOpen ? (source as SafetensorsFile) : await openSafetensors(source as FileSource, { signal });
  try {
    const stored = new Map(
      file.names.map((name) => {
        const { dtype, shape } = file.info(name);
        return [name, { shape, dtype: elementTypes[dtype] ?? 'int32' }];
      }),
    );
    const { pairs, missing, unexpected } = matchEntries('loadModule', module, stored, rest);
    await scope(async () => {
      const values: [Entry, Tensor][] = [];
      for (const [name, entry] of pairs) {
        const { dtype, device } = entry.tensor;
        // By itself a file's float64 is read as float32.
        const options = dtype === 'float64' ? { dtype, device } : { device };
        values.push([entry, fromStored(entry, await file.read(name, options))]);
      }
      for (const [entry, value] of values) assign(entry.tensor, value);
    });
    return { missing, unexpected };
  } finally {
    if (!isOpen) await file.close();
  }
}

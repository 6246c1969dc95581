/** Where check points lie: a file in Node, the origin's private files in a browser, or whatever stores bytes. */
import {
  type DecodedSafetensors,
  DeviceError,
  decodeSafetensors,
  encodeSafetensors,
  type FileSource,
  type LoadedSafetensors,
  loadSafetensors,
  OptionError,
  quote,
  type ReadOptions,
  readWhole,
  SaccadeError,
  type SafetensorsEntries,
  saveSafetensors,
} from '@saccade/tensor';

/** Something that keeps bytes: the newest, whole. */
export interface CheckpointStore {
  /** What was saved last; undefined if nothing was. */
  load(): Promise<Uint8Array | undefined>;
  /** Replaces it. If this fails, what was there before must still be there. */
  save(bytes: Uint8Array): Promise<void>;
}

/** A path (in Node), or a store. */
export type CheckpointTarget = string | CheckpointStore;

/** What was saved last; undefined if nothing was. The tensors are the caller's. @throws {FormatError} for a damaged one */
export function readCheckpoint(target: CheckpointTarget, options: ReadOptions): Promise<LoadedSafetensors | undefined> {
  return readLast(target, (source) => loadSafetensors(source, options));
}

/** The same as arrays in plain memory, of the types in which they were saved. @throws {FormatError} for a damaged one */
export function readStoredCheckpoint(target: CheckpointTarget): Promise<DecodedSafetensors | undefined> {
  return readLast(target, async (source) => {
    const { bytes, label } = await readWhole(source, {}, 'readStoredCheckpoint');
    return decodeSafetensors(bytes, label);
  });
}

async function readLast<T>(target: CheckpointTarget, read: (source: FileSource) => Promise<T>): Promise<T | undefined> {
  if (typeof target !== 'string') {
    const bytes = (await target.load()) ?? undefined; // some stores say null for nothing
    return bytes && read(bytes);
  }
  try {
    return await read(target);
  } catch (error) {
    const { code, cause } = error as { readonly code?: unknown; readonly cause?: { readonly code?: unknown } };
    if (error instanceof SaccadeError && code === 'io' && cause?.code === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * Replaces what was saved.
 * @param entries tensors, arrays as files store them, or promises of either, as `saveSafetensors` takes them
 * @throws {SaccadeError} with code `io` if it cannot be written
 */
export async function writeCheckpoint(
  target: CheckpointTarget,
  entries: SafetensorsEntries,
  metadata: Readonly<Record<string, string>>,
): Promise<void> {
  if (typeof target === 'string') await saveSafetensors(target, entries, { metadata });
  else await target.save(await encodeSafetensors(entries, { metadata }));
}

/** @throws {OptionError} unless it is a path or a store */
export function requireCheckpointTarget(op: string, target: CheckpointTarget): void {
  const { load, save } = Object(target) as Partial<CheckpointStore>;
  if (typeof target === 'string' ? target !== '' : typeof load === 'function' && typeof save === 'function') return;
  throw new OptionError(`${op}: a check point goes to a path or to { load, save }, got ${quote(target)}`);
}

/**
 * A store among a web page's own files (the origin private file system), which replaces a file at once or not at all.
 * @throws {DeviceError} where there are none, as in Node
 */
export function browserStore(name: string): CheckpointStore {
  const storage = (globalThis as { navigator?: { storage?: Partial<StorageManager> } }).navigator?.storage;
  if (typeof storage?.getDirectory !== 'function') {
    throw new DeviceError('browserStore: this host has no private files; in Node pass a path');
  }
  const folder = (): Promise<FileSystemDirectoryHandle> => (storage as StorageManager).getDirectory();
  return {
    async load() {
      try {
        const file = await (await (await folder()).getFileHandle(name)).getFile();
        // A page that was closed during the first save leaves an empty file.
        return file.size === 0 ? undefined : new Uint8Array(await file.arrayBuffer());
      } catch (error) {
        if ((error as Error).name === 'NotFoundError') return undefined;
        throw error;
      }
    },
    async save(bytes) {
      const handle = await (await folder()).getFileHandle(name, { create: true });
      const writable = await handle.createWritable(); // a copy, which close() puts in the file's place
      try {
        await writable.write(bytes as Uint8Array<ArrayBuffer>);
        await writable.close();
      } catch (error) {
        await writable.abort().catch(() => {});
        throw error;
      }
    },
  };
}

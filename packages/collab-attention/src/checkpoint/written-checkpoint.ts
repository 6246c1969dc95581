/** Writing a checkpoint: one file, or several with an index, or a stream; under their names only once they are whole. */
import {
  type LazyEntry,
  nodeFiles,
  OptionError,
  quote,
  SaccadeError,
  type StoredArray,
  saveSafetensors,
  storedBytes,
  streamSafetensors,
  writeFileAtomically,
} from '@saccade/tensor';

/** A safetensors file on its way to whatever keeps bytes. */
export interface CheckpointStream {
  readonly totalBytes: number;
  /** The header, then tensor by tensor, each made when it is asked for. */
  readonly stream: ReadableStream<Uint8Array>;
}

/**
 * Where a checkpoint goes, in Node: the path of a safetensors file, or of an index (`model.safetensors.index.json`), whose files have the names of the
 * source's. Anywhere: a function that takes a stream, and whose promise is awaited.
 */
export type ConvertTarget = string | ((file: CheckpointStream) => unknown);

/** Tensors of one file, and its texts. */
export interface CheckpointFile {
  /** Its name in the index; empty where there is none. */
  readonly name: string;
  readonly entries: ReadonlyMap<string, LazyEntry | StoredArray>;
}

/** How it is written. */
export interface WriteOptions {
  readonly metadata: Readonly<Record<string, string>>;
  readonly signal: AbortSignal | undefined;
  readonly onWritten: (file: string, bytes: number, totalBytes: number) => void;
}

/** Whether a target is an index. @throws {OptionError} for one of no known kind */
export function isIndexTarget(op: string, target: ConvertTarget): boolean {
  if (typeof target === 'function') return false;
  if (typeof target === 'string' && target !== '') return target.endsWith('.index.json');
  throw new OptionError(
    `${op}: a checkpoint goes to a path or to a function that takes a stream, got ${quote(target)}`,
  );
}

/** Bytes of a whole file. */
export function fileBytes({ entries }: CheckpointFile, metadata: WriteOptions['metadata']): number {
  return streamSafetensors(entries, { metadata }).totalBytes;
}

/** Bytes of the tensors alone. */
export function tensorBytes(entries: CheckpointFile['entries']): number {
  let bytes = 0;
  for (const { dtype, shape } of entries.values()) {
    bytes += shape.reduce((size, extent) => size * extent, storedBytes(dtype));
  }
  return bytes;
}

/** Writes one file. @throws {SaccadeError} with code `io` */
export async function writeOne(
  target: ConvertTarget,
  { entries }: CheckpointFile,
  { metadata, signal, onWritten }: WriteOptions,
): Promise<void> {
  const name = typeof target === 'string' ? target : '';
  const options = {
    ...{ metadata, signal },
    onProgress: ({ bytes, totalBytes }: { readonly bytes: number; readonly totalBytes: number }): void =>
      onWritten(name, bytes, totalBytes),
  };
  if (typeof target === 'string') await saveSafetensors(target, entries, options);
  else await target(streamSafetensors(entries, options));
}

/**
 * Writes several files and their index. They have other names until all of them are whole, so that what was there before stays until then.
 * @throws {SaccadeError} with code `io`
 */
export async function writeSharded(
  op: string,
  index: string,
  files: readonly CheckpointFile[],
  options: WriteOptions,
): Promise<void> {
  const node = nodeFiles(op);
  const unique = `${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 8)}`;
  const places = files.map(({ name }) => {
    const path = node.beside(index, name);
    return { path, part: `${path}.${unique}.part` };
  });
  try {
    for (const [i, file] of files.entries()) await writeOne((places[i] as { part: string }).part, file, options);
    const total = files.reduce((sum, { entries }) => sum + tensorBytes(entries), 0);
    const map = files.flatMap(({ name, entries }) => [...entries.keys()].map((tensor) => [tensor, name] as const));
    const json = { metadata: { total_size: total }, weight_map: Object.fromEntries(map.sort(byName)) };
    for (const { path, part } of places) {
      await node.rename(part, path).catch((cause: unknown) => {
        throw new SaccadeError('io', `${op}: cannot write ${path} (${(cause as Error).message})`, { cause });
      });
    }
    await writeText(op, index, `${JSON.stringify(json, null, 2)}\n`);
  } catch (error) {
    for (const { part } of places) await node.unlink(part).catch(() => {});
    throw error;
  }
}

function byName([a]: readonly [string, string], [b]: readonly [string, string]): number {
  return a < b ? -1 : 1;
}

/** Writes a text file, whole or not at all. @throws {SaccadeError} with code `io` */
export async function writeText(op: string, path: string, text: string): Promise<void> {
  await writeFileAtomically(path, [new TextEncoder().encode(text)], op);
}

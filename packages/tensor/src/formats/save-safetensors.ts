/** Writing tensors as a safetensors file: in memory, as a stream, or straight to the disk. */
import { checkOptions, requireFunction } from '../arguments.js';
import { allocateBytes } from './allocate-bytes.js';
import { writeFileAtomically } from './atomic-file.js';
import { type EntryItem, entryBytes, entryItems, type SafetensorsEntries } from './safetensors-entries.js';
import { layoutSafetensors, type SafetensorsLayout, type SafetensorsWriteOptions } from './safetensors-layout.js';

/** How far writing has come. */
export interface SaveProgress {
  /** The tensor that was written last. */
  readonly name: string;
  /** Bytes written so far. */
  readonly bytes: number;
  /** Bytes of the whole file. */
  readonly totalBytes: number;
}

/** Options of functions that write tensor by tensor. */
export interface SafetensorsSaveOptions extends SafetensorsWriteOptions {
  /** Ends the writing before the next tensor; nothing is left behind. Default: none. */
  readonly signal?: AbortSignal | undefined;
  /** Called after each tensor, and awaited. Default: none. */
  readonly onProgress?: ((progress: SaveProgress) => void | Promise<void>) | undefined;
}

/** A safetensors file on its way. */
export interface SafetensorsStream {
  /** Bytes of the whole file. */
  readonly totalBytes: number;
  /** The file in pieces: the header, then tensor by tensor. Each is made when it is asked for. */
  readonly stream: ReadableStream<Uint8Array>;
}

interface Plan {
  readonly layout: SafetensorsLayout<EntryItem>;
  readonly options: SafetensorsSaveOptions;
}

function planFile(op: string, entries: SafetensorsEntries, options: SafetensorsSaveOptions): Plan {
  checkOptions(op, options, ['metadata', 'signal', 'onProgress']);
  if (options.onProgress !== undefined) requireFunction(op, options.onProgress);
  return { layout: layoutSafetensors(entryItems(op, entries), options, op), options };
}

async function* pieces({ layout, options }: Plan): AsyncGenerator<Uint8Array, void, undefined> {
  const { head, order, totalBytes } = layout;
  const { signal, onProgress } = options;
  signal?.throwIfAborted();
  yield head;
  let bytes = head.length;
  for (const item of order) {
    signal?.throwIfAborted();
    let piece: Uint8Array | undefined = await entryBytes(item);
    bytes += piece.length;
    if (piece.length > 0) yield piece;
    // Generators keep what their variables held.
    piece = undefined;
    await onProgress?.({ name: item.name, bytes, totalBytes });
  }
  signal?.throwIfAborted();
}

/**
 * Tensors as the bytes of a safetensors file. The widest elements come first, then the order of names, so the same
 * tensors always give the same bytes.
 *
 * @param entries by name: tensors of any shape and dtype, stored arrays, which are copied byte for byte, or
 *   `{ dtype, shape, read }`, see {@link LazyEntry}
 * @throws {OptionError} if one is called `__metadata__` or is no entry, or metadata are no strings
 * @throws {FormatError} if an array does not have as many elements as its shape, or `read` gives other than promised
 * @throws {DisposedError} if a tensor has been disposed
 */
export async function encodeSafetensors(
  entries: SafetensorsEntries,
  options: SafetensorsSaveOptions = {},
): Promise<Uint8Array> {
  const plan = planFile('encodeSafetensors', entries, options);
  const file = allocateBytes(plan.layout.totalBytes, 'encodeSafetensors');
  let position = 0;
  for await (const piece of pieces(plan)) {
    file.set(piece, position);
    position += piece.length;
  }
  return file;
}

/**
 * A safetensors file as a stream, for a browser to store or send what is larger than memory:
 * `stream.pipeTo(await handle.createWritable())`, `new Response(stream)`. Pieces may be views of the stored arrays that
 * were passed. Whatever goes wrong while it is read is the stream's error.
 *
 * @param entries as for {@link encodeSafetensors}
 * @throws {OptionError}, FormatError, DisposedError for entries that are wrong from the start
 */
export function streamSafetensors(
  entries: SafetensorsEntries,
  options: SafetensorsSaveOptions = {},
): SafetensorsStream {
  const plan = planFile('streamSafetensors', entries, options);
  const source = pieces(plan);
  const stream = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await source.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        await source.return();
      },
    },
    // Nothing ahead of what is asked for: a piece may be most of the memory.
    { highWaterMark: 0 },
  );
  return { totalBytes: plan.layout.totalBytes, stream };
}

/**
 * Writes a safetensors file, tensor by tensor, under a temporary name that is renamed at the end: a crash leaves the
 * old file or the new one, never half of it; a failure or an abort leaves no temporary file either. In a browser use
 * {@link streamSafetensors}, or {@link encodeSafetensors} and offer the bytes.
 *
 * @param path where to write, in Node; an existing file is replaced
 * @param entries as for {@link encodeSafetensors}; `file.entries()` are those of an open file, to be copied as they are
 * @throws {OptionError} if one is called `__metadata__` or is no entry, or metadata are no strings
 * @throws {FormatError} if an array does not have as many elements as its shape, or `read` gives other than promised
 * @throws {DeviceError} where there are no files by path
 * @throws {SaccadeError} with code `io` if the file cannot be written
 */
export async function saveSafetensors(
  path: string,
  entries: SafetensorsEntries,
  options: SafetensorsSaveOptions = {},
): Promise<void> {
  await writeFileAtomically(path, pieces(planFile('saveSafetensors', entries, options)), 'saveSafetensors');
}

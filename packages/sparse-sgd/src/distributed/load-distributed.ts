/** Going on from a check point of a distributed run, with as many workers or others. */
import type { CheckpointStore } from '@saccade/nn';
import {
  checkOptions,
  decodeSafetensors,
  type FileSource,
  FormatError,
  OptionError,
  readWhole,
  requireFunction,
  SaccadeError,
  type StoredArray,
} from '@saccade/tensor';
import { adoptShared } from './adopt-state.js';
import type { DistributedOptimizer } from './distributed-optimizer.js';
import { loadModelArrays, part } from './model-arrays.js';
import { parseHeader } from './run-header.js';
import { takeOverMemories } from './take-over-memories.js';

/** How to load. */
export interface LoadDistributedOptions {
  /** Whether parameters, and what the optimizer remembers of them, must all fit. Without, those that do not keep their values. Default true. */
  readonly strict?: boolean | undefined;
  /** The own name of a stored parameter, or undefined to leave it and all that goes with it out. Default: the same. */
  readonly rename?: ((name: string) => string | undefined) | undefined;
}

const what = 'loadDistributed';

/**
 * Instead of `start()`: all workers call it, and take over what worker 0 reads. With as many workers as before a run goes on bit for bit. With others,
 * memories are redistributed (see `redistribute`), or, with `onMemoryMismatch: 'flush'`, their mean is one more step of the
 * optimizer and they begin at 0; a warning says which. So does one for a memory whose tensor is gone, is of another shape, or needs no memory
 * any more. A worker that joined late takes the state of the job.
 * @param source of worker 0: a path (in Node), a URL object, a File, Blob or bytes, or a store; undefined on the others, where it is not looked at
 * @throws {StateDictError} if parameters do not fit @throws {FormatError} for a damaged file @throws {SaccadeError} with code `io` if it cannot be read
 */
export async function loadDistributed(
  source: FileSource | CheckpointStore | undefined,
  optimizer: DistributedOptimizer,
  options: LoadDistributedOptions = {},
): Promise<void> {
  const { strict = true, rename = (name: string) => name } = checkOptions(what, options, ['strict', 'rename']);
  requireFunction(what, rename);
  if (optimizer.transport.initialState !== undefined) return optimizer.start();
  await optimizer.exclusively(what, async () => {
    const { transport } = optimizer;
    const read = transport.rank === 0 ? await announce(source) : undefined;
    takeOver(optimizer, opened(await transport.broadcast(read)), strict, rename);
    optimizer.begun();
  });
}

/** A byte that tells whether what follows is the file, or why there is none. */
const isFile = 1;

async function announce(source: FileSource | CheckpointStore | undefined): Promise<Uint8Array> {
  try {
    return withFlag(isFile, await bytesOf(source));
  } catch (error) {
    return withFlag(0, new TextEncoder().encode((error as Error).message));
  }
}

function withFlag(flag: number, bytes: Uint8Array): Uint8Array {
  const all = new Uint8Array(bytes.length + 8); // 8, so that arrays stay aligned
  all[0] = flag;
  all.set(bytes, 8);
  return all;
}

function opened(frame: Uint8Array): Uint8Array {
  if (frame[0] === isFile) return frame.subarray(8);
  throw new SaccadeError(
    'io',
    `${what}: worker 0 cannot read the check point: ${new TextDecoder().decode(frame.slice(8))}`,
  );
}

async function bytesOf(source: FileSource | CheckpointStore | undefined): Promise<Uint8Array> {
  if (source === undefined) throw new OptionError('it has no source');
  if (typeof (source as Partial<CheckpointStore>).load === 'function') {
    const bytes = await (source as CheckpointStore).load();
    if (bytes === undefined || bytes === null) throw new OptionError('the store is empty');
    return bytes;
  }
  const { bytes, label } = await readWhole(source as FileSource, {}, what);
  decodeSafetensors(bytes, label); // here, where its name is known
  return bytes;
}

type Rename = (name: string) => string | undefined;

function takeOver(optimizer: DistributedOptimizer, bytes: Uint8Array, strict: boolean, rename: Rename): void {
  const { replica, transport } = optimizer;
  const { tensors, metadata } = decodeSafetensors(bytes, what);
  const header = parseHeader(what, metadata);
  const workers = (JSON.parse(metadata.run!) as { readonly workers?: unknown }).workers;
  if (!Array.isArray(workers) || workers.length === 0) throw new FormatError(`${what}: its header names no workers`);
  const renamed = renamedArrays(tensors, rename);
  const kept = loadModelArrays(what, replica.inner, renamed, header.steps, strict);
  if (kept.length > 0) console.warn(`${what}: no values that fit ${kept.join(', ')}: they stay as they are`);
  replica.begin(header.turns, workers.length === transport.size ? header.ranks : []);
  adoptShared(replica, part('shared', renamed));
  const memories = workers.map((_, worker) => part(`worker.${worker}`, renamed));
  takeOverMemories(replica, memories, header);
}

/** `parameter.<name>`, `<prefix>.<what>.<name>` and `worker.<number>.<what>.<name>` under the own names. */
function renamedArrays(arrays: ReadonlyMap<string, StoredArray>, rename: Rename): Map<string, StoredArray> {
  const renamed = new Map<string, StoredArray>();
  for (const [key, array] of arrays) {
    const words = key.split('.');
    const before = words[0] === 'parameter' ? 1 : words[0] === 'worker' ? 3 : 2;
    const own = rename(words.slice(before).join('.'));
    if (own !== undefined) renamed.set([...words.slice(0, before), own].join('.'), array);
  }
  return renamed;
}

/** Check points of distributed runs: the model once, and what every worker remembers. */
import { type CheckpointTarget, requireCheckpointTarget, writeCheckpoint } from '@saccade/nn';
import { checkOptions, decodeSafetensors, sameShape } from '@saccade/tensor';
import { isVector } from '../compress/check-vector.js';
import { isFiniteVector } from '../compress/first-non-finite.js';
import type { DistributedOptimizer } from './distributed-optimizer.js';
import type { ByTensor } from './memory-by-tensor.js';
import { modelArrays } from './model-arrays.js';
import { headerMetadata } from './run-header.js';

/** How to save. */
export interface SaveDistributedOptions {
  /** More texts for the file's metadata; `saccade_distributed` and `run` are taken. Default: none. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

/**
 * Writes one safetensors file: `parameter.<name>`, `optimizer.<slot>.<name>`, `shared.<what>.<name>`, and `worker.<number>.memory.<name>` for every worker.
 * Only those that want the file call it, worker 0 usually; the others give their memories from within their next `step` or
 * `minimize`. Where none comes any more, at the end of a run, they call it too. The file is written whole or not at all. A worker
 * that misses the round is missing in the file, with a warning.
 * @param target a path (in Node), or a store such as `browserStore(name)`; undefined to give the own memory and write nothing
 * @throws {OptionError} for another target @throws {SaccadeError} with code `io` if it cannot be written @throws what the transport throws
 */
export async function saveDistributed(
  target: CheckpointTarget | undefined,
  optimizer: DistributedOptimizer,
  options: SaveDistributedOptions = {},
): Promise<void> {
  const { metadata } = checkOptions('saveDistributed', options, ['metadata']);
  if (target !== undefined) requireCheckpointTarget('saveDistributed', target);
  const { replica } = optimizer;
  const frames = await optimizer.memories();
  if (target === undefined) return;
  const header = replica.header();
  const arrays = await modelArrays(replica.inner);
  // Copies, as others go on while the file is written.
  for (const [name, array] of replica.shared()) arrays.set(`shared.${name}`, { ...array, data: array.data.slice() });
  const own = replica.own();
  const workers: number[] = [];
  for (const frame of frames) {
    const memory = readMemory(own, frame, workers.at(-1) ?? -1);
    if (memory === undefined) continue;
    for (const [name, array] of memory.arrays) arrays.set(`worker.${workers.length}.${name}`, array);
    workers.push(memory.rank);
  }
  warnOfMissing(optimizer.transport.present, workers);
  await writeCheckpoint(target, arrays, { ...metadata, ...headerMetadata({ ...header, workers }) });
}

/** What a worker sent, if it is of the kind that this one remembers, `own`; undefined for anything else. */
function readMemory(own: ByTensor, frame: Uint8Array, above: number): { rank: number; arrays: ByTensor } | undefined {
  try {
    const { tensors, metadata } = decodeSafetensors(frame, 'saveDistributed');
    const rank = Number(metadata.rank);
    const fits = [...own].every(([name, { shape }]) => sameShape(tensors.get(name)?.shape ?? [], shape));
    const finite = [...tensors.values()].every(({ data }) => isVector(data) && isFiniteVector(data));
    const valid = Number.isSafeInteger(rank) && rank > above && tensors.size === own.size && fits && finite;
    return valid ? { rank, arrays: new Map(tensors) } : undefined;
  } catch {
    return undefined;
  }
}

function warnOfMissing(present: readonly number[], workers: readonly number[]): void {
  const missing = present.filter((rank) => !workers.includes(rank));
  if (missing.length === 0) return;
  console.warn(
    `saveDistributed: the memory of worker ${missing.join(', ')} did not come and is not in the check point`,
  );
}

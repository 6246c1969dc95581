/** What a check point of a distributed run tells: where it stands, and what each worker has not sent yet. */
import { FormatError } from '@saccade/tensor';
import { parseHeader } from '../distributed/run-header.js';
import { type FileReport, normOf } from './file-report.js';
import type { ArrayReport } from './inspect-tensors.js';
import { jobKey, readJobNotes } from './job-notes.js';

/** Norm of what each worker remembers under `memory`. */
function memoryNorms(arrays: readonly ArrayReport[]): Map<number, number> {
  const byWorker = new Map<number, ArrayReport[]>();
  for (const array of arrays) {
    const worker = /^worker\.(\d{1,5})\.memory\./.exec(array.name)?.[1];
    if (worker !== undefined) byWorker.set(Number(worker), [...(byWorker.get(Number(worker)) ?? []), array]);
  }
  return new Map([...byWorker].map(([worker, own]) => [worker, normOf(own)]));
}

/** Reads the metadata. @throws {FormatError} for damaged ones */
export function inspectDistributed(
  what: string,
  metadata: Readonly<Record<string, string>>,
  arrays: readonly ArrayReport[],
): FileReport {
  const { turns, steps, feedback, memoryOf, rate } = parseHeader(what, metadata);
  const { workers } = JSON.parse(metadata.run!) as { readonly workers?: unknown };
  if (!Array.isArray(workers) || !workers.every(Number.isSafeInteger)) {
    throw new FormatError(`${what}: its header names no workers`);
  }
  const notes = metadata[jobKey] === undefined ? undefined : readJobNotes(what, metadata[jobKey]);
  const norms = memoryNorms(arrays);
  const memory = workers.map((rank, place) => ({ rank, norm: norms.get(place) }));
  return {
    kind: 'check point of a distributed run',
    lines: [
      ...(notes === undefined ? [] : ([['job', `${notes.settings.task.kind}, ${notes.settings.compress}`]] as const)),
      ['turns', `${turns}; ${steps} steps of the optimizer`],
      ['rate', String(rate)],
      ['feedback', `${feedback}${feedback === 'memory' || feedback === 'power' ? `, of ${memoryOf}s` : ''}`],
      ['workers', String(workers.length)],
      ...memory.map(
        ({ rank, norm }) => [`memory of ${rank}`, norm === undefined ? 'none' : `norm ${norm.toPrecision(4)}`] as const,
      ),
    ],
    facts: { turns, steps, rate, feedback, memoryOf, workers, memory, settings: notes?.settings },
  };
}

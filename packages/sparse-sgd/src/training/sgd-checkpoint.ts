/** Check points of Mem-SGD: the state of the steps, the losses so far, and which run they are of. */
import { type CheckpointTarget, readStoredCheckpoint, writeCheckpoint } from '@saccade/nn';
import { crc32, FormatError, littleEndianBytes, OptionError, type StoredArray } from '@saccade/tensor';
import type { Vector } from '../compress/message.js';
import type { SGDPlan } from './sgd-plan.js';
import type { Steps, Traffic } from './steps.js';

/** The loss at one moment, and what had been sent until then. */
export interface Evaluation {
  /** Steps done. */
  readonly step: number;
  /** Of the estimate. */
  readonly loss: number;
  /** By the paper's formula. */
  readonly bits: number;
  /** As this package encodes messages. */
  readonly bytes: number;
}

/** A checksum of numbers, in whatever precision they are. */
function sumOf(values: Vector | Int32Array | undefined): number {
  return values === undefined ? 0 : crc32(littleEndianBytes(values));
}

/** What must be the same for a check point to be gone on with, as JSON: everything but how long to go on. */
export function identityOf({ rows, compressor, order, start, evaluations, steps, named, ...others }: SGDPlan): string {
  const { count, features, classes, labels, values, rowStart, columns } = rows;
  const sums = [labels, values, rowStart, columns, start].map(sumOf);
  const way = typeof order === 'string' ? order : sumOf(order);
  return JSON.stringify({ rows: count, features, classes, sums, order: way, compress: compressor.name, ...others });
}

/** Replaces what was saved. */
export async function saveRun(
  target: CheckpointTarget,
  identity: string,
  steps: Steps,
  curve: readonly Evaluation[],
): Promise<void> {
  const arrays = new Map<string, StoredArray>();
  for (const [name, data] of Object.entries(steps.state()))
    arrays.set(name, { dtype: 'F64', shape: [data.length], data });
  const run = JSON.stringify({ curve, traffic: steps.traffic });
  await writeCheckpoint(target, arrays, { saccade_sgd: '1', plan: identity, run });
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** Whether it is what `saveRun` writes: points in their order, none beyond the end of the run. */
function isRun(run: unknown, last: number): run is { readonly curve: Evaluation[]; readonly traffic: Traffic } {
  const { curve, traffic } = Object(run) as { curve?: unknown; traffic?: Partial<Traffic> };
  if (!Array.isArray(curve) || curve.length === 0 || !isCount(traffic?.bits) || !isCount(traffic?.bytes)) return false;
  const inOrder = curve.every((point, i) => isCount(point?.step) && (i === 0 || point.step > curve[i - 1].step));
  return inOrder && curve.at(-1).step <= last && curve.every(({ loss }) => typeof loss === 'number');
}

/** Text as JSON; undefined if it is none. */
function parsed(text = ''): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Goes on from what is there. @returns the points so far @throws {FormatError} for a damaged check point @throws {OptionError} for one of another run */
export async function resumeRun(
  op: string,
  target: CheckpointTarget,
  identity: string,
  plan: SGDPlan,
  steps: Steps,
): Promise<Evaluation[]> {
  const loaded = await readStoredCheckpoint(target);
  if (loaded === undefined) return [];
  const { tensors, metadata } = loaded;
  if (metadata.saccade_sgd !== '1') throw new FormatError(`${op}: what is there is no check point of ${op}`);
  if (metadata.plan !== identity) {
    throw new OptionError(
      `${op}: the check point is of a run with other data or options; pass resume: false to begin anew`,
    );
  }
  const run = parsed(metadata.run);
  if (!isRun(run, plan.steps)) {
    throw new FormatError(`${op}: the check point is damaged, or of a longer run; pass resume: false to begin anew`);
  }
  const state: Record<string, Float64Array> = {};
  for (const [name, { data }] of tensors) if (data instanceof Float64Array) state[name] = data;
  steps.restore(op, state);
  Object.assign(steps.traffic, run.traffic);
  return run.curve;
}

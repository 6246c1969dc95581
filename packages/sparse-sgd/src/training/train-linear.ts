/** A run of Mem-SGD from its plan: steps, evaluations, check points, progress. */

import type { TypedArray } from '@saccade/kernels';
import { breather, readCheckpoint, writeCheckpoint } from '@saccade/nn';
import { createJsDevice, FormatError, OptionError, SaccadeError, type Tensor, tensor } from '@saccade/tensor';
import type { Vector } from '../compress/message.js';
import { fastPlan } from './fast-plan.js';
import { FastSteps } from './fast-steps.js';
import { type LinearScore, meanLoss, scoreRows } from './linear-loss.js';
import { PlainSteps } from './plain-steps.js';
import type { MemSGDOptions, SGDPlan } from './sgd-options.js';
import { type Steps, sampleOrder } from './steps.js';

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

/** What a run came to. */
export interface SGDRun {
  readonly weights: Vector;
  readonly estimate: Vector;
  readonly memory: Vector;
  readonly curve: readonly Evaluation[];
  readonly score: LinearScore;
  /** Threads that were at work. */
  readonly threads: number;
  /** How long a step took here, evaluations aside. */
  readonly microsecondsPerStep: number;
}

/** Steps that are done without looking up: about ten milliseconds of work, whatever the machine, so that results do not depend on it. */
function sliceLength({ rows, workers }: SGDPlan): number {
  const stored = rows.values.length / rows.count;
  const work = rows.size + stored * rows.classes;
  return Math.max(64, Math.min(16_384, Math.floor((4e6 * workers) / work)));
}

/** After how many steps the loss is taken. */
function evaluationSteps({ steps, rows, evaluations }: SGDPlan): number[] {
  const each = rows.count / evaluations;
  const all = Array.from({ length: (steps / rows.count) * evaluations }, (_, i) => Math.floor((i + 1) * each));
  return [...new Set(all.filter((step) => step >= 1))];
}

/** What must be the same for a check point to be gone on with. */
function identity({
  rows,
  compressor,
  memory,
  scale,
  rate,
  average,
  tau,
  lambda,
  seed,
  workers,
  precision,
}: SGDPlan): string {
  const { count, features, classes } = rows;
  return JSON.stringify([
    count,
    features,
    classes,
    compressor.name,
    memory,
    scale,
    rate,
    average,
    tau,
    lambda,
    seed,
    workers,
    precision,
  ]);
}

type Target = NonNullable<MemSGDOptions['checkpoint']>['to'];

async function save(target: Target, plan: SGDPlan, steps: Steps, curve: readonly Evaluation[]): Promise<void> {
  // The only device with float64.
  const device = createJsDevice();
  const tensors = new Map<string, Tensor>();
  for (const [name, values] of Object.entries(steps.state())) {
    tensors.set(name, tensor(values, { device, dtype: 'float64' }));
  }
  const run = JSON.stringify({ curve, traffic: steps.traffic });
  try {
    await writeCheckpoint(target, tensors, { saccade_sgd: '1', plan: identity(plan), run });
  } finally {
    for (const t of tensors.values()) t.dispose();
    device.dispose();
  }
}

/** Goes on from what is there; the points so far. @throws {FormatError} @throws {OptionError} for a check point of another run */
async function resume(op: string, target: Target, plan: SGDPlan, steps: Steps): Promise<Evaluation[]> {
  const device = createJsDevice();
  const loaded = await readCheckpoint(target, { device, dtype: 'float64' });
  if (loaded === undefined) return [];
  try {
    const { tensors, metadata } = loaded;
    if (metadata.saccade_sgd !== '1') throw new FormatError(`${op}: what is there is no check point of ${op}`);
    if (metadata.plan !== identity(plan)) {
      throw new OptionError(
        `${op}: the check point is of a run with other data or options; pass resume: false to begin anew`,
      );
    }
    const { curve, traffic } = JSON.parse(metadata.run ?? '') as { curve: Evaluation[]; traffic: Steps['traffic'] };
    const state: Record<string, TypedArray> = {};
    for (const [name, t] of tensors) state[name] = t.dataSync();
    steps.restore(state);
    Object.assign(steps.traffic, traffic);
    return curve;
  } catch (cause) {
    if (cause instanceof SaccadeError) throw cause;
    throw new FormatError(`${op}: the check point is damaged`, { cause });
  } finally {
    for (const t of loaded.tensors.values()) t.dispose();
    device.dispose();
  }
}

function requireFinite(op: string, weights: Vector, step: number): void {
  if (weights.every(Number.isFinite)) return;
  throw new SaccadeError(
    'non-finite',
    `${op}: the model is no longer finite after ${step} steps; take smaller steps, by a larger shift or a smaller gamma`,
  );
}

/** Runs the plan. */
export async function trainLinear(op: string, plan: SGDPlan, options: MemSGDOptions): Promise<SGDRun> {
  const { signal, onProgress, checkpoint } = options;
  const { rows, rate, lambda } = plan;
  signal?.throwIfAborted();
  const fast = fastPlan(plan);
  const steps = fast === undefined ? new PlainSteps(plan) : new FastSteps(plan, fast);
  try {
    if (steps instanceof FastSteps) await steps.ready();
    const resumed = checkpoint && checkpoint.resume !== false;
    const curve = resumed ? await resume(op, checkpoint.to, plan, steps) : [];
    const orderOf = sampleOrder(plan);
    const breathe = breather();
    const length = sliceLength(plan);
    let at = curve.at(-1)?.step ?? 0;
    const from = at;
    let milliseconds = 0;
    const look = async (): Promise<void> => {
      requireFinite(op, steps.weights(), at);
      curve.push({ step: at, loss: meanLoss(rows, steps.estimate(), lambda), ...steps.traffic });
      if (checkpoint) await save(checkpoint.to, plan, steps, curve);
      const { loss } = curve.at(-1)!;
      await onProgress?.({ step: at, steps: plan.steps, epoch: at / rows.count, loss });
    };
    if (curve.length === 0) await look();
    for (const end of evaluationSteps(plan)) {
      if (end <= at) continue;
      while (at < end) {
        signal?.throwIfAborted();
        const order = orderOf(at, Math.min(length, end - at));
        const rates = Float64Array.from(order, (_, i) => rate.at(at + i, rows.count));
        const started = performance.now();
        steps.run({ first: at, order, rates });
        milliseconds += performance.now() - started;
        at += order.length;
        await breathe();
      }
      await look();
    }
    const estimate = steps.estimate();
    const threads = steps instanceof FastSteps ? steps.threads : 1;
    const score = scoreRows(rows, estimate);
    const microsecondsPerStep = (1000 * milliseconds) / Math.max(1, at - from);
    return { weights: steps.weights(), estimate, memory: steps.memory(), curve, score, threads, microsecondsPerStep };
  } finally {
    steps.dispose();
  }
}

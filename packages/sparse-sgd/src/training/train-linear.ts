/** A run of Mem-SGD from its plan: steps, evaluations, check points, progress. */
import { breather } from '@saccade/nn';
import { DeviceError, SaccadeError } from '@saccade/tensor';
import { isFiniteVector } from '../compress/first-non-finite.js';
import type { Vector } from '../compress/message.js';
import { fastPlan } from './fast-plan.js';
import { FastSteps } from './fast-steps.js';
import { type LinearScore, meanLoss, scoreRows } from './linear-loss.js';
import { PlainSteps } from './plain-steps.js';
import { type Evaluation, identityOf, resumeRun, saveRun } from './sgd-checkpoint.js';
import type { MemSGDOptions } from './sgd-options.js';
import type { SGDPlan } from './sgd-plan.js';
import { type Steps, sampleOrder } from './steps.js';

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

/** The step after `at` at which the loss is taken. */
function nextEvaluation({ steps, rows, evaluations }: SGDPlan, at: number): number {
  const stepOf = (number: number): number => Math.floor((number * rows.count) / evaluations);
  let number = Math.floor((at * evaluations) / rows.count);
  while (stepOf(number) <= at) number++;
  return Math.min(steps, stepOf(number));
}

/** What runs the plan on this machine: the kernel where there is WebAssembly and it knows the compressor. */
async function stepsOf(op: string, plan: SGDPlan): Promise<Steps> {
  const fast = fastPlan(plan);
  if (fast === undefined) return new PlainSteps(plan);
  try {
    return await FastSteps.start(op, plan, fast);
  } catch (error) {
    if (error instanceof DeviceError) return new PlainSteps(plan);
    throw error;
  }
}

function requireFiniteModel(op: string, weights: Vector, step: number): void {
  if (isFiniteVector(weights)) return;
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
  const steps = await stepsOf(op, plan);
  try {
    const identity = checkpoint === undefined ? '' : identityOf(plan);
    const resumes = checkpoint !== undefined && checkpoint.resume !== false;
    const curve = resumes ? await resumeRun(op, checkpoint.to, identity, plan, steps) : [];
    const orderOf = sampleOrder(plan);
    const breathe = breather();
    const length = sliceLength(plan);
    let at = curve.at(-1)?.step ?? 0;
    const from = at;
    let milliseconds = 0;
    const look = async (): Promise<void> => {
      requireFiniteModel(op, steps.weights(), at);
      const loss = meanLoss(rows, steps.estimate(), lambda);
      curve.push({ step: at, loss, ...steps.traffic });
      if (checkpoint) await saveRun(checkpoint.to, identity, steps, curve);
      await onProgress?.({ step: at, steps: plan.steps, epoch: at / rows.count, loss });
    };
    if (curve.length === 0) await look();
    while (at < plan.steps) {
      for (const end = nextEvaluation(plan, at); at < end; ) {
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
    const { threads } = steps;
    const score = scoreRows(rows, estimate);
    const microsecondsPerStep = (1000 * milliseconds) / (at - from);
    return { weights: steps.weights(), estimate, memory: steps.memory(), curve, score, threads, microsecondsPerStep };
  } finally {
    steps.dispose();
  }
}

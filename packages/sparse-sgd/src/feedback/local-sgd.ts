/** Local SGD: workers step by themselves for a while, then average their parameters, or what compressors leave of the differences. */
import {
  checkOptions,
  OptionError,
  quote,
  type Rng,
  requireCount,
  requireFrom,
  requireFunction,
  Rng as Stream,
} from '@saccade/tensor';
import { isVector } from '../compress/check-vector.js';
import type { Message, Vector } from '../compress/message.js';
import type { Feedback } from './feedback.js';
import { simulate } from './simulate.js';

/** Where a worker is when it asks for a gradient. */
export interface LocalPlace {
  readonly worker: number;
  /** Steps that this worker did before. */
  readonly step: number;
  /** The worker's random numbers for the step. */
  readonly rng: Rng;
}

/** What happened between two averages. */
export interface LocalRound {
  /** Rounds before. */
  readonly round: number;
  /** Steps that each worker did, this round's included. */
  readonly steps: number;
  /** The common parameters now; the caller may keep them. */
  readonly point: Vector;
  /** What the workers sent, by rank. */
  readonly sent: readonly Message[];
}

/** What to run. */
export interface LocalSGDOptions {
  readonly workers: number;
  /** A stochastic gradient of a worker's own loss at a point, which is the worker's: it must not be changed or kept. */
  readonly gradient: (point: Vector, place: LocalPlace) => Vector | Promise<Vector>;
  /** eta: a number, or the rate of a step. */
  readonly rate: number | ((step: number) => number);
  /** H, how many steps come before an average: a number, or one for the round that begins at a step (see `postLocal`). Default 1: all average always. */
  readonly localSteps?: number | ((step: number) => number) | undefined;
  /** Steps that each worker does in all. */
  readonly steps: number;
  /** The parameters to begin with; its precision is that of the run. */
  readonly start: Vector;
  /** What sends the differences: `noFeedback(noneCompressor(), d)` for plain averages, `errorFeedback(topKCompressor(…), d)` for Qsparse-local-SGD. */
  readonly send: () => Feedback;
  /** Of what compressors and gradients draw. Default 0. */
  readonly seed?: number | undefined;
  /** Called after each average. */
  readonly onRound?: ((round: LocalRound) => void) | undefined;
}

/** H for post-local SGD (Lin, Stich, Patel, Jaggi 2020): averages after every step until `from`, then after every `localSteps`. @throws {OptionError} */
export function postLocal(options: { readonly from: number; readonly localSteps: number }): (step: number) => number {
  const { from, localSteps } = checkOptions('postLocal', options, ['from', 'localSteps']);
  requireCount('postLocal', 'from', from, 0);
  requireCount('postLocal', 'localSteps', localSteps);
  return (step) => (step < from ? 1 : localSteps);
}

/**
 * Local SGD (Stich 2019), post-local SGD, and Qsparse-local-SGD (Basu, Data, Karakus, Diggavi 2019), all workers in one process. A round:
 * x_w = x, H times x_w -= eta gradient_w(x_w), then x -= mean_w C(x - x_w + e_w). Without compression that is x = mean_w x_w.
 * @returns the common parameters at the end @throws {OptionError} @throws {NonFiniteError} where a worker ran off to infinity
 */
export async function localSGD(options: LocalSGDOptions): Promise<Vector> {
  const op = 'localSGD';
  const names = ['workers', 'gradient', 'rate', 'localSteps', 'steps', 'start', 'send', 'seed', 'onRound'] as const;
  const {
    workers,
    gradient,
    rate,
    localSteps = 1,
    steps,
    start,
    send,
    seed = 0,
    onRound,
  } = checkOptions(op, options, names);
  requireFunction(op, gradient);
  requireFunction(op, send);
  requireCount(op, 'steps', steps, 0);
  if (!isVector(start)) {
    throw new OptionError(`${op}: start must be a Float32Array or Float64Array, got ${quote(start)}`);
  }
  const job = simulate(workers, send, { seed });
  const rng = new Stream(seed).derive(2 ** 32); // apart from the streams of the compressors
  const x = start.slice();

  /** x - x_w, after some steps of one worker from x. */
  async function differenceOf(worker: number, from: number, count: number): Promise<Vector> {
    const own = x.slice();
    for (let step = from; step < from + count; step++) {
      const eta = requireFrom(op, `the rate of step ${step}`, typeof rate === 'number' ? rate : rate(step));
      const g = await gradient(own, { worker, step, rng: rng.derive(worker).derive(step) });
      for (let i = 0; i < own.length; i++) own[i] = own[i]! - eta * g[i]!;
    }
    return own.map((value, i) => x[i]! - value);
  }

  for (let done = 0; done < steps; ) {
    const h = typeof localSteps === 'number' ? localSteps : localSteps(done);
    const count = Math.min(requireCount(op, 'localSteps', h), steps - done);
    const differences: Vector[] = [];
    for (let worker = 0; worker < workers; worker++) differences.push(await differenceOf(worker, done, count));
    const direction = await job.turn(differences);
    for (let i = 0; i < x.length; i++) x[i] = x[i]! - direction[i]!;
    done += count;
    onRound?.({ round: job.step - 1, steps: done, point: x.slice(), sent: job.sent[0] as readonly Message[] });
  }
  return x;
}

/** Error feedback: what a message leaves out is remembered and sent later. Mem-SGD with many workers. */
import { checkOptions, requireCount, requireFrom, requireFunction } from '@saccade/tensor';
import { applyMessage } from '../compress/apply-message.js';
import type { Compressor } from '../compress/compressor.js';
import type { Vector } from '../compress/message.js';
import { checkGradient } from './check-gradient.js';
import type { Feedback, Gathered } from './feedback.js';
import { meanInto } from './mean-message.js';
import { newVector, type Precision } from './precision.js';
import { addState, setState } from './remembered.js';

/** Options of `errorFeedback`, and of PowerSGD's memory. */
export interface MemoryOptions {
  /** Of memory and direction. Default 'float32'. */
  readonly precision?: Precision | undefined;
  /**
   * The rate of a step, for a memory of steps: then what is remembered is rate times gradient, as in Mem-SGD, and a gradient that was left out goes
   * the way that the rate of its own time gave it. Without, the memory is of gradients, which go by the rate of the time when they
   * are sent. The two are the same while the rate does not change; m *= rate before / rate now turns one into the other.
   */
  readonly rate?: ((step: number) => number) | undefined;
}

/** @throws {OptionError} */
export function checkMemoryOptions(
  op: string,
  { precision = 'float32', rate }: MemoryOptions,
): { readonly precision: Precision; readonly rate: MemoryOptions['rate'] } {
  if (rate !== undefined) requireFunction(op, rate);
  newVector(op, precision, 0);
  return { precision, rate };
}

/**
 * How much a unit of memory is worth in gradients at a step: 1 for a memory of gradients, the rate for one of steps. @throws {OptionError} for a
 * rate that is no number from 0
 */
export function unitOf(op: string, rate: MemoryOptions['rate'], step: number): number {
  return rate === undefined ? 1 : requireFrom(op, `the rate of step ${step}`, rate(step));
}

/** p = e / unit + g. With rate 0 nothing moves: there is nothing to send and, in Mem-SGD's own terms, the gradient counts 0. */
export function correct(p: Vector, memory: Vector, gradient: Vector, unit: number): void {
  if (unit === 0) p.fill(0);
  else if (unit === 1) for (let i = 0; i < p.length; i++) p[i] = memory[i]! + gradient[i]!;
  else for (let i = 0; i < p.length; i++) p[i] = memory[i]! / unit + gradient[i]!;
}

/** e = unit (what was not sent). */
export function remember(memory: Vector, left: Vector, unit: number): void {
  if (unit === 0) return;
  memory.set(left);
  if (unit === 1) return;
  for (let i = 0; i < memory.length; i++) memory[i]! *= unit;
}

/**
 * Error feedback with W workers (EF-SGD; with the scaled sign EF-signSGD). Momentum belongs before it (`dgc`), not behind. A message
 * that came too late for its round stays in the memory whole. @throws {OptionError}
 */
export function errorFeedback(compressor: Compressor, length: number, options: MemoryOptions = {}): Feedback {
  const op = 'errorFeedback';
  const { precision, rate } = checkMemoryOptions(op, checkOptions(op, options, ['precision', 'rate']));
  requireCount(op, 'length', length);
  const memory = newVector(op, precision, length);
  const p = newVector(op, precision, length); // and then the direction: large vectors cost more to make than to fill
  const mean = ({ messages }: Gathered) => meanInto(messages, p);
  return {
    lengths: [length],
    state: { memory },
    shared: {},
    async reduce(gradient, turn, gather) {
      checkGradient(op, gradient, length, turn.step);
      const unit = unitOf(op, rate, turn.step);
      correct(p, memory, gradient, unit); //                              p_w = e_w + g_w
      const message = compressor.compress(p, turn.rng, turn); //          c_w = C(p_w)
      const gathered = await gather(message);
      if (gathered.own !== undefined) applyMessage(gathered.own, p, -1);
      remember(memory, p, unit); //                                       e_w = p_w - c_w
      return mean(gathered); //                                           x -= gamma mean_w c_w
    },
    absorb: ([gathered]) => mean(gathered!),
    restore: (state) => addState(op, { memory }, state),
    adopt: (shared) => setState(op, {}, shared),
  };
}

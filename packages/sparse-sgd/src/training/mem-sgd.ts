/** Mem-SGD (Algorithm 1 of the paper): stochastic gradient descent that sends a sliver of each step and remembers the rest. */
import { checkOptions } from '@saccade/tensor';
import type { Vector } from '../compress/message.js';
import { type LinearData, linearRows } from './linear-data.js';
import type { Evaluation } from './sgd-checkpoint.js';
import { type MemSGDOptions, memSGDNames } from './sgd-options.js';
import { planSGD } from './sgd-plan.js';
import { type SGDRun, trainLinear } from './train-linear.js';

/** What {@link memSGD} gives. */
export interface MemSGDResult {
  /** The last iterate x_T: [features], or [features, classes] for softmax. */
  readonly weights: Vector;
  /** The mean of the iterates that was asked for: what predictions are made with. */
  readonly estimate: Vector;
  /** m_T: what was never sent. */
  readonly memory: Vector;
  /** Loss of the estimate and what had been sent: at the beginning and at each evaluation. */
  readonly curve: readonly Evaluation[];
  /** Loss of the estimate at the end. */
  readonly loss: number;
  /** Share of the rows that the estimate tells right; a logit of 0 counts as the positive label. */
  readonly accuracy: number;
  /** Rows with logit 0. */
  readonly undecided: number;
  readonly steps: number;
  /** What all messages weigh, by the paper's formula, in bits. */
  readonly bits: number;
  /** What they weigh as this package encodes them. */
  readonly bytes: number;
  /** Microseconds a step took, evaluations aside; NaN if a check point left none to do. */
  readonly microsecondsPerStep: number;
}

/** The result of a run. */
export function resultOf({ weights, estimate, memory, curve, score, microsecondsPerStep }: SGDRun): MemSGDResult {
  const { step: steps, loss, bits, bytes } = curve.at(-1)!;
  return { weights, estimate, memory, curve, loss, ...score, steps, bits, bytes, microsecondsPerStep };
}

/**
 * Minimises (1/n) sum of the losses of all rows + lambda / 2 |x|^2 by Algorithm 1:
 *
 *     v = m_t + eta_t grad f_i(x_t);  g = comp_k(v);  x_{t+1} = x_t - g;  m_{t+1} = v - g
 *
 * The same seed gives the same model, bit for bit, on every machine.
 *
 * @param data rows with labels, as `loadLibsvm` gives them, or dense
 * @throws {OptionError} for options or labels that make no sense @throws {ShapeError} for data that do not fit together
 * @throws {SaccadeError} with code `non-finite` if the model becomes NaN or infinite
 * @throws the signal's reason once it is aborted
 */
export async function memSGD(data: LinearData, options: MemSGDOptions = {}): Promise<MemSGDResult> {
  const op = 'memSGD';
  checkOptions(op, options, memSGDNames);
  const { loss, positive } = options;
  const rows = await linearRows(op, data, { loss, positive });
  const plan = planSGD(op, rows, options, { workers: 1, atomic: false });
  return resultOf(await trainLinear(op, plan, options));
}

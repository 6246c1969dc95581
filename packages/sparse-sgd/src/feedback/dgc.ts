/** Deep gradient compression: error feedback whose momentum is taken before, not behind, the compression. */
import { checkOptions, OptionError, requireAbove, requireCount, requireFrom } from '@saccade/tensor';
import { applyMessage } from '../compress/apply-message.js';
import type { Compressor } from '../compress/compressor.js';
import type { Message, Vector } from '../compress/message.js';
import { seededIndices } from '../compress/random-positions.js';
import { checkGradient } from './check-gradient.js';
import { clipScale } from './clip-scale.js';
import type { Feedback, Gathered } from './feedback.js';
import { meanInto } from './mean-message.js';
import { newVector, type Precision } from './precision.js';
import { addState, setState } from './remembered.js';
import { warmUpCompressor } from './warm-up.js';

/** Options of `dgc`. */
export interface DGCOptions {
  /** Share beta of the velocity that stays. The optimizer behind needs none then. Default 0.9. */
  readonly momentum?: number | undefined;
  /** Steps of each of the five stages of the warm-up, an epoch usually. Default 0: none. */
  readonly warmUp?: number | undefined;
  /** Scales a gradient down to a norm of clip / sqrt(workers), so that the mean of all has at most about `clip`. Default: never. */
  readonly clip?: number | undefined;
  /** W, for `clip`. Default 1. */
  readonly workers?: number | undefined;
  /** Of what is remembered. Default 'float32'. */
  readonly precision?: Precision | undefined;
}

/**
 * Deep gradient compression (Lin, Han, Mao, Wang, Dally 2018): momentum correction, momentum factor masking, local gradient clipping
 * and warm-up. The paper's threshold from a sample is the compressor `sampled:0.1%`.
 * @param compressor one that keeps some entries: top-k, its like, or rand-k
 * @throws {OptionError}
 */
export function dgc(compressor: Compressor, length: number, options: DGCOptions = {}): Feedback {
  const op = 'dgc';
  const names = ['momentum', 'warmUp', 'clip', 'workers', 'precision'] as const;
  const { momentum = 0.9, warmUp = 0, clip, workers = 1, precision = 'float32' } = checkOptions(op, options, names);
  requireCount(op, 'length', length);
  requireCount(op, 'workers', workers);
  if (clip !== undefined) requireAbove(op, 'clip', clip);
  if (requireFrom(op, 'momentum', momentum) >= 1)
    throw new OptionError(`${op}: momentum must be below 1, got ${momentum}`);
  const compressorAt = warmUpCompressor(compressor, length, warmUp);
  const velocity = newVector(op, precision, length);
  const memory = newVector(op, precision, length);
  const u = newVector(op, precision, length);
  const v = newVector(op, precision, length); // and then the direction
  const mean = ({ messages }: Gathered) => meanInto(messages, v);
  return {
    lengths: [length],
    state: { memory, velocity },
    shared: {},
    async reduce(gradient, turn, gather) {
      checkGradient(op, gradient, length, turn.step);
      const scale = clip === undefined ? 1 : clipScale([gradient], clip / Math.sqrt(workers));
      for (let i = 0; i < length; i++) {
        u[i] = momentum * velocity[i]! + scale * gradient[i]!; //                u = beta u + g
        v[i] = memory[i]! + u[i]!; //                                            v += u
      }
      const message = compressorAt(turn.step).compress(v, turn.rng, turn); // send v on the mask
      const gathered = await gather(message);
      if (gathered.own !== undefined) {
        applyMessage(gathered.own, v, -1); //                                    u, v = 0 on the mask
        maskOut(gathered.own, u);
      }
      velocity.set(u);
      memory.set(v);
      return mean(gathered);
    },
    absorb: ([gathered]) => mean(gathered!),
    restore: (state) => addState(op, { memory, velocity }, state),
    adopt: (shared) => setState(op, {}, shared),
  };
}

/** Zero where something was sent: it carries old momentum on. Where all is sent at once nothing is old, and this is plain momentum. */
function maskOut(message: Message, u: Vector): void {
  if (message.kind === 'dense') return;
  if (message.kind === 'sparse') for (const i of message.indices) u[i] = 0;
  else if (message.kind === 'seeded') {
    const { length, values, seed, step, stream } = message;
    for (const i of seededIndices(length, values.length, seed, step, stream)) u[i] = 0;
  } else
    throw new OptionError(`dgc: needs a compressor that keeps some entries, such as top-k:0.1%, got ${message.kind}`);
}

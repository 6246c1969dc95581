/** The learning rates of the paper and its code: eta_t as a function of the global step t, from 0. */
import { checkOptions, OptionError, quote, requireAbove, requireFrom } from '@saccade/tensor';

/** A shift in parameters d and sent entries k: `'d'`, `'d/k'`, `'10d/k'`. */
export type RelativeShift = `${number | ''}d` | `${number | ''}d/k`;

/** eta_t = rate. */
export interface ConstantRate {
  readonly kind: 'constant';
  readonly rate: number;
  /** eta of global step `step`, from 0. */
  at(step: number): number;
}

/** eta_t = rate decay^epoch, with epoch = floor(t / samplesPerEpoch). */
export interface EpochDecayRate {
  readonly kind: 'epoch-decay';
  readonly rate: number;
  readonly decay: number;
  /** @throws {OptionError} unless there are samples in an epoch */
  at(step: number, samplesPerEpoch: number): number;
}

/** eta_t = gamma / (lambda (t + shift)): the rate of Theorem 2.4 (gamma = 8 there), of its figures gamma = 2. */
export interface DecayRate {
  readonly kind: 'decay';
  readonly gamma: number;
  /** tau, the paper's a. */
  readonly shift: number | RelativeShift;
  /** Strength of the L2 term of the loss; undefined until {@link resolveRate} fills it in. */
  readonly lambda: number | undefined;
  /** @throws {OptionError} while lambda is open or the shift is in d and k: `resolveRate` fills them in */
  at(step: number): number;
}

/** eta_t = gamma / (1 + gamma lambda t), Bottou's. */
export interface BottouRate {
  readonly kind: 'bottou';
  readonly gamma: number;
  /** Strength of the L2 term of the loss; undefined until {@link resolveRate} fills it in. */
  readonly lambda: number | undefined;
  /** @throws {OptionError} while lambda is open: `resolveRate` fills it in */
  at(step: number): number;
}

/** How fast to learn: `kind` and its parameters, and the rate of each step. */
export type LearningRate = ConstantRate | EpochDecayRate | DecayRate | BottouRate;

/** The same rate at every step. @param rate above 0 @throws {OptionError} */
export function constant(rate: number): ConstantRate {
  requireAbove('constantRate', 'the rate', rate);
  return { kind: 'constant', rate, at: () => rate };
}

/** `rate` in the first epoch, times `decay` after each. @param decay in (0, 1] @throws {OptionError} */
export function epochDecay(rate: number, decay: number): EpochDecayRate {
  const op = 'epochDecayRate';
  requireAbove(op, 'the rate', rate);
  if (requireAbove(op, 'the decay', decay) > 1) {
    throw new OptionError(`${op}: the decay must be at most 1, got ${quote(decay)}`);
  }
  const at = (step: number, samplesPerEpoch: number): number => {
    if (!(samplesPerEpoch >= 1)) throw new OptionError(`${op}: samplesPerEpoch must be from 1, got ${samplesPerEpoch}`);
    return rate * decay ** Math.floor(step / samplesPerEpoch);
  };
  return { kind: 'epoch-decay', rate, decay, at };
}

const relative = /^(\d+(?:\.\d+)?|\.\d+)?d(\/k)?$/;

function requireShift(op: string, shift: number | string): void {
  if (typeof shift === 'number' && shift > 0 && Number.isFinite(shift)) return;
  const parts = typeof shift === 'string' ? relative.exec(shift) : null;
  if (parts !== null && Number(parts[1] ?? 1) > 0) return;
  throw new OptionError(
    `${op}: shift must be a number above 0, for the rate at step 0 divides by it, or 'd', 'd/k' or '10d/k', got ${quote(shift)}`,
  );
}

/**
 * gamma / (lambda (t + shift)). Without a shift of the order of d/k the first steps are so long that rand-k takes long to recover.
 *
 * @param options `gamma`: default 2; `shift`: default `'d/k'`; `lambda`: left out, `resolveRate` fills it in
 * @throws {OptionError} for a shift or lambda that is not above 0
 */
export function decay(options: {
  readonly gamma?: number | undefined;
  readonly shift?: number | RelativeShift | undefined;
  readonly lambda?: number | undefined;
}): DecayRate {
  const op = 'decayRate';
  const { gamma = 2, shift = 'd/k', lambda } = checkOptions(op, options, ['gamma', 'shift', 'lambda']);
  requireAbove(op, 'gamma', gamma);
  requireShift(op, shift);
  if (lambda !== undefined) requireAbove(op, 'lambda', lambda);
  const at = (step: number): number => {
    if (lambda !== undefined && typeof shift === 'number') return gamma / (lambda * (step + shift));
    throw new OptionError(`${op}: shift ${shift} and lambda ${lambda} must be numbers; use resolveRate(rate, { … })`);
  };
  return { kind: 'decay', gamma, shift, lambda, at };
}

/**
 * gamma / (1 + gamma lambda t).
 *
 * @param options `gamma`: default 1; `lambda`: from 0; left out, `resolveRate` fills it in
 * @throws {OptionError}
 */
export function bottou(options: {
  readonly gamma?: number | undefined;
  readonly lambda?: number | undefined;
}): BottouRate {
  const op = 'bottouRate';
  const { gamma = 1, lambda } = checkOptions(op, options, ['gamma', 'lambda']);
  requireAbove(op, 'gamma', gamma);
  if (lambda !== undefined) requireFrom(op, 'lambda', lambda);
  const at = (step: number): number => {
    if (lambda !== undefined) return gamma / (1 + gamma * lambda * step);
    throw new OptionError(`${op}: lambda must be a number; use resolveRate(rate, { lambda })`);
  };
  return { kind: 'bottou', gamma, lambda, at };
}

/** What a learning rate may leave open. */
export interface RateProblem {
  /** Number of parameters. */
  readonly d?: number | undefined;
  /** Entries that are sent each step. */
  readonly k?: number | undefined;
  /** Strength of the L2 term of the loss. */
  readonly lambda?: number | undefined;
}

/** A shift as a number. @throws {OptionError} if it needs d or k and there is none */
export function resolveShift(shift: number | RelativeShift, { d, k }: RateProblem): number {
  const op = 'resolveShift';
  requireShift(op, shift);
  if (typeof shift === 'number') return shift;
  const [, times = '1', byK] = relative.exec(shift)!;
  const all = Number(times) * requireAbove(op, `d of the shift ${shift}`, d as number);
  return byK === undefined ? all : all / requireAbove(op, `k of the shift ${shift}`, k as number);
}

/**
 * The same learning rate with what it left open: a shift in d and k, and lambda. What it says itself stays.
 * @throws {OptionError} if something is missing
 */
export function resolveRate(rate: LearningRate, problem: RateProblem): LearningRate {
  if (rate.kind !== 'decay' && rate.kind !== 'bottou') return rate;
  const { lambda = problem.lambda } = rate;
  if (lambda === undefined) throw new OptionError(`resolveRate: ${rate.kind} needs lambda`);
  if (rate.kind === 'bottou') return bottou({ gamma: rate.gamma, lambda });
  return decay({ gamma: rate.gamma, shift: resolveShift(rate.shift, problem), lambda });
}

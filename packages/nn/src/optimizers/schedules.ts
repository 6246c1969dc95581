/** How fast to learn, step by step. A schedule is a function from the number of steps done to a rate. */
import { checkOptions, requireCount, requireFrom, requireWithin } from '@saccade/tensor';

/** The rate of the step that `step` others came before. */
export type Schedule = (step: number) => number;

/** A fixed rate, or the one of a schedule. */
export function rateAt(rate: number | Schedule, step: number): number {
  return typeof rate === 'number' ? rate : rate(step);
}

/** Multiplies the rate by `factor` (default 0.1) every so many steps. @throws {OptionError} */
export function stepDecay(options: {
  readonly rate: number;
  readonly every: number;
  readonly factor?: number | undefined;
}): Schedule {
  const { rate, every, factor = 0.1 } = checkOptions('stepDecay', options, ['rate', 'every', 'factor']);
  requireFrom('stepDecay', 'rate', rate);
  requireFrom('stepDecay', 'factor', factor);
  requireCount('stepDecay', 'every', every);
  return (step) => rate * factor ** Math.floor(step / every);
}

/**
 * Falls from `rate` to `final` (default 0) along half a cosine within `steps` and stays there. With `warmUp` it first rises
 * in a line for so many of them. Loshchilov and Hutter 2017. @throws {OptionError}
 */
export function cosine(options: {
  readonly rate: number;
  readonly steps: number;
  readonly final?: number | undefined;
  readonly warmUp?: number | undefined;
}): Schedule {
  const {
    rate,
    steps,
    final = 0,
    warmUp: first = 0,
  } = checkOptions('cosine', options, ['rate', 'steps', 'final', 'warmUp']);
  requireFrom('cosine', 'rate', rate);
  requireFrom('cosine', 'final', final);
  requireCount('cosine', 'steps', steps);
  requireWithin('cosine', 'warmUp', requireCount('cosine', 'warmUp', first, 0), 0, steps - 1);
  const fall: Schedule = (step) => {
    const done = Math.min(1, step / (steps - first));
    return final + ((rate - final) * (1 + Math.cos(Math.PI * done))) / 2;
  };
  return first === 0 ? fall : warmUp(fall, { steps: first });
}

/**
 * Rises in a line from `from` (default 1 / (steps + 1)) times the first rate to all of it within `steps`, then goes on as
 * `after`, a rate or a schedule that starts there. @throws {OptionError}
 */
export function warmUp(
  after: number | Schedule,
  options: { readonly steps: number; readonly from?: number | undefined },
): Schedule {
  const { steps, from = 1 / (steps + 1) } = checkOptions('warmUp', options, ['steps', 'from']);
  requireCount('warmUp', 'steps', steps);
  if (typeof after !== 'function') requireFrom('warmUp', 'the rate', after);
  requireWithin('warmUp', 'from', from, 0, 1);
  return (step) =>
    step < steps ? rateAt(after, 0) * (from + ((1 - from) * step) / steps) : rateAt(after, step - steps);
}

/** Rises in a line to `rate` within `warmUp` steps, then falls as rate sqrt(warmUp / step). Vaswani et al. 2017. @throws {OptionError} */
export function inverseSquareRoot(options: { readonly rate: number; readonly warmUp: number }): Schedule {
  const { rate, warmUp: first } = checkOptions('inverseSquareRoot', options, ['rate', 'warmUp']);
  requireFrom('inverseSquareRoot', 'rate', rate);
  requireCount('inverseSquareRoot', 'warmUp', first);
  return (step) => rate * Math.min((step + 1) / first, Math.sqrt(first / (step + 1)));
}

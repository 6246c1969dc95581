/** What became of an experiment, and whether its number passes its bar. */
import type { Bar, Experiment, Outcome } from './experiment.js';

/** What became of an experiment. */
export type Verdict = 'held' | 'not held' | 'failed' | 'left out';

/** An experiment and what became of it. */
export interface Result {
  readonly experiment: Experiment;
  readonly verdict: Verdict;
  readonly outcome?: Outcome;
  /** Why it failed or was left out. */
  readonly reason?: string;
  readonly seconds: number;
  readonly log: readonly string[];
}

/** Whether a number passes a bar; NaN and the infinities never do. */
export function isHeld(measured: number, bar: Bar): boolean {
  if (!Number.isFinite(measured)) return false;
  return 'atLeast' in bar ? measured >= bar.atLeast : measured <= bar.atMost;
}

/** Whether an experiment came to an end, well or badly. */
export function isDone({ verdict }: Result): boolean {
  return verdict !== 'left out';
}

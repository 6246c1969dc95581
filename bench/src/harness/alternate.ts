/** Times several contenders in turns, so that whatever disturbs the machine disturbs them alike. */
import type { Contender } from './case.js';

export interface Pace {
  /** Rounds that every contender takes part in. */
  readonly rounds: number;
  /** A turn repeats its call until it lasts this long, in milliseconds. */
  readonly turn: number;
  /** A contender that has used this much time, in milliseconds, leaves after at least `fewest` rounds. */
  readonly budget: number;
  readonly fewest: number;
}

export const fullPace: Pace = { rounds: 40, turn: 10, budget: 4000, fewest: 5 };
export const quickPace: Pace = { rounds: 8, turn: 4, budget: 400, fewest: 2 };

/** Milliseconds a call. */
export interface Timing {
  readonly median: number;
  readonly minimum: number;
  readonly rounds: number;
  /** Calls in a turn. */
  readonly calls: number;
}

interface Runner {
  readonly contender: Contender;
  readonly samples: number[];
  calls: number;
  spent: number;
}

/** Milliseconds a call over `calls` calls. */
async function takeTurn(contender: Contender, calls: number): Promise<number> {
  const start = performance.now();
  for (let i = 0; i < calls; i++) {
    const pending = contender.run();
    if (pending !== undefined) await pending;
  }
  return (performance.now() - start) / calls;
}

/** Lets the engine compile, and finds how many calls fill a turn. */
async function warmUp(contender: Contender, pace: Pace): Promise<number> {
  let fastest = Number.POSITIVE_INFINITY;
  const start = performance.now();
  for (let i = 0; i < 3 || (performance.now() - start < 20 * pace.turn && i < 1000); i++) {
    fastest = Math.min(fastest, await takeTurn(contender, 1));
  }
  return Math.max(1, Math.ceil(pace.turn / fastest));
}

/** Timings in the order of the contenders. Each round lets another one begin. */
export async function alternate(contenders: readonly Contender[], pace: Pace): Promise<Timing[]> {
  const runners: Runner[] = [];
  for (const contender of contenders) {
    runners.push({ contender, samples: [], calls: await warmUp(contender, pace), spent: 0 });
  }
  for (let round = 0; round < pace.rounds; round++) {
    for (let i = 0; i < runners.length; i++) {
      const runner = runners[(round + i) % runners.length] as Runner;
      if (runner.spent > pace.budget && runner.samples.length >= pace.fewest) continue;
      const sample = await takeTurn(runner.contender, runner.calls);
      runner.samples.push(sample);
      runner.spent += sample * runner.calls;
    }
  }
  return runners.map(({ samples, calls }) => {
    const sorted = samples.sort((a, b) => a - b);
    return { median: median(sorted), minimum: sorted[0] as number, rounds: sorted.length, calls };
  });
}

/** The middle of sorted numbers. */
export function median(sorted: readonly number[]): number {
  const half = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(half)] as number) + (sorted[Math.ceil(half)] as number)) / 2;
}

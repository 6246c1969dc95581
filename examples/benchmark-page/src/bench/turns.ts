/** Times contenders in turns, so that whatever disturbs the machine disturbs them alike. */
import type { Contender } from './case.js';

export interface Pace {
  /** A turn repeats its call until it lasts this long, in milliseconds: waiting for a GPU takes some of its own. */
  readonly turn: number;
  /** Turns of each contender. */
  readonly rounds: number;
  /** A contender that has used this much time, in milliseconds, leaves after at least `fewest` turns. */
  readonly budget: number;
  readonly fewest: number;
}

export const fullPace: Pace = { turn: 100, rounds: 15, budget: 5000, fewest: 3 };
export const quickPace: Pace = { turn: 20, rounds: 3, budget: 300, fewest: 1 };

/** Calls of a turn at most. */
const mostCalls = 1000;

/** Milliseconds a call. */
export interface Timing {
  readonly median: number;
  readonly minimum: number;
  readonly rounds: number;
  /** Calls in a turn. */
  readonly calls: number;
}

/** A contender in the race. */
export interface Runner {
  readonly contender: Contender;
  /** What has to be done before its library is called; not timed. */
  activate(): void | Promise<void>;
}

/** Milliseconds that `calls` calls take, from the first to the last one's result. */
async function takeTurn({ contender, activate }: Runner, calls: number): Promise<number> {
  await activate();
  const start = performance.now();
  for (let i = 1; i < calls; i++) {
    const pending = contender.submit();
    if (pending !== undefined) await pending;
  }
  await contender.complete();
  return performance.now() - start;
}

interface State {
  readonly runner: Runner;
  readonly samples: number[];
  calls: number;
  spent: number;
  failure: Error | undefined;
}

/** Does what a library may fail at, such as finding memory; who failed is out. */
async function attempt(state: State, body: () => Promise<void>): Promise<void> {
  try {
    await body();
  } catch (error) {
    state.failure = error instanceof Error ? error : new Error(String(error));
  }
}

/** Lets the library compile, and finds how many calls fill a turn: a long turn counts when it is not the first one. */
async function warmUp(state: State, pace: Pace): Promise<void> {
  for (let long = 0; long < 2 && state.calls < mostCalls; ) {
    const time = await takeTurn(state.runner, state.calls);
    if (time >= 0.7 * pace.turn) long++;
    // The first turns are mostly compiling and waiting: no great leaps.
    else state.calls = Math.min(mostCalls, Math.ceil((state.calls * pace.turn) / Math.max(time, 0.1)), 8 * state.calls);
  }
}

/** Timings in the order of the runners, or what they failed with. Each round lets another one begin. */
export async function inTurns(
  runners: readonly Runner[],
  pace: Pace,
  pause: () => Promise<void>,
): Promise<(Timing | Error)[]> {
  const states = runners.map((runner): State => ({ runner, samples: [], calls: 1, spent: 0, failure: undefined }));
  for (const state of states) {
    await attempt(state, () => warmUp(state, pace));
    await pause();
  }
  for (let round = 0; round < pace.rounds; round++) {
    for (let i = 0; i < states.length; i++) {
      const state = states[(round + i) % states.length] as State;
      const done = state.spent > pace.budget && state.samples.length >= pace.fewest;
      if (done || state.failure !== undefined) continue;
      await attempt(state, async () => {
        const time = await takeTurn(state.runner, state.calls);
        state.samples.push(time / state.calls);
        state.spent += time;
      });
      await pause();
    }
  }
  return states.map(({ samples, calls, failure }) => {
    if (failure !== undefined) return failure;
    samples.sort((a, b) => a - b);
    return { median: median(samples), minimum: samples[0] as number, rounds: samples.length, calls };
  });
}

/** The middle of sorted numbers. */
export function median(sorted: readonly number[]): number {
  const half = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(half)] as number) + (sorted[Math.ceil(half)] as number)) / 2;
}

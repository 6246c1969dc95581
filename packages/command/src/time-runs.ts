/** How long something takes. */

/** After so many milliseconds it has run often enough. */
const enough = 1000;
/** Runs of what takes longer than that. */
const few = 3;

/** Milliseconds. */
export interface Times {
  readonly least: number;
  readonly median: number;
  /** Runs that were measured. */
  readonly runs: number;
}

/**
 * Times a function, after one call that compiles and warms up.
 *
 * @param run is told the number of the measured run, from 0; -1 for the first call
 * @param runs the most runs; fewer where they take more than a second together
 * @throws the signal's reason once it is aborted, and what `run` throws
 */
export async function timeRuns(run: (index: number) => unknown, runs: number, signal: AbortSignal): Promise<Times> {
  await run(-1);
  const times: number[] = [];
  const begin = performance.now();
  while (times.length < runs && (times.length < few || performance.now() - begin < enough)) {
    signal.throwIfAborted();
    const start = performance.now();
    await run(times.length);
    times.push(performance.now() - start);
    // Lets Ctrl-C be heard.
    await new Promise(setImmediate);
  }
  times.sort((a, b) => a - b);
  return { least: times[0]!, median: times[Math.floor(times.length / 2)]!, runs: times.length };
}

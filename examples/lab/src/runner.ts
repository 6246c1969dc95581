/** Runs experiments one after another; an error becomes a failed claim, and an abort ends the run with what there is. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { stripVTControlCharacters } from 'node:util';
import { scope } from '@saccade/tensor';
import { type Context, describe, type Experiment, type Outcome } from './experiment.js';
import { isHeld, type Result } from './verdict.js';

/** How to run. */
export interface RunSettings {
  readonly seed: number;
  readonly full: boolean;
  readonly data: string | undefined;
  readonly signal: AbortSignal;
}

/** Who is told how the run goes. */
export interface Watcher {
  /** `index` counts from 1, among the `count` that are not left out. */
  started(experiment: Experiment, index: number, count: number): void;
  progress(fraction: number, note: string): void;
  log(text: string): void;
  ended(result: Result): void;
}

/** Why an experiment is left out, if it is. */
function reasonToLeaveOut({ full, needs, needsFrom }: Experiment, settings: RunSettings): string | undefined {
  if (full && !settings.full) return 'runs with --full';
  if (needs === undefined || (settings.data !== undefined && existsSync(join(settings.data, needs)))) return undefined;
  const how =
    settings.data === undefined ? 'pass the data folder with --data or SACCADE_DATA' : `not in ${settings.data}`;
  return `needs ${needs}: ${how}${needsFrom === undefined ? '' : `. ${needsFrom}`}`;
}

/** Waits for work, or until the person stops it. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((done, fail) => {
    const stop = (): void => fail(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    work.then(done, fail).finally(() => signal.removeEventListener('abort', stop));
  });
}

/** Lets signals and timers in, at most every 50 ms; after an abort it never goes on. */
function breather(signal: AbortSignal): () => Promise<void> {
  let last = performance.now();
  return async () => {
    if (performance.now() - last < 50) return;
    await setImmediate();
    if (signal.aborted) await new Promise(() => {});
    last = performance.now();
  };
}

function makeContext(settings: RunSettings, watcher: Watcher, log: string[]): Context {
  const { seed, full, signal, data } = settings;
  const breathe = breather(signal);
  return {
    seed,
    full,
    signal,
    data: (name) => {
      const path = join(data ?? '', name);
      if (data === undefined) throw new Error(`data: ${name} is needed, but there is no data folder; declare needs`);
      if (!existsSync(path)) throw new Error(`data: there is no ${name} in ${data}`);
      return path;
    },
    progress: (fraction, note = '') => {
      watcher.progress(Math.min(1, Math.max(0, fraction || 0)), note);
      return breathe();
    },
    log: (text) => {
      log.push(text);
      watcher.log(text);
    },
  };
}

function checkOutcome(outcome: Outcome): Outcome {
  const { measured, baseline } = outcome ?? {};
  if (typeof measured !== 'number') throw new TypeError(`run must return a number measured, got ${describe(measured)}`);
  if (baseline !== undefined && typeof baseline !== 'number') {
    throw new TypeError(`run must return a number as baseline, or none, got ${describe(baseline)}`);
  }
  return outcome;
}

/** What went wrong, and where in the experiments' own files. */
function message(error: unknown): string {
  const text = error instanceof Error ? error.message || error.name : String(error);
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  const place = /[\w.-]+[\\/](?:src[\\/][\w.-]+|experiments)\.ts:\d+/.exec(
    stack.replace(/^.*[\\/](?:lab|packages)[\\/].*$/gm, ''),
  );
  return stripVTControlCharacters(place === null ? text : `${text} (${place[0]})`);
}

async function runOne(experiment: Experiment, settings: RunSettings, watcher: Watcher): Promise<Result> {
  const log: string[] = [];
  const context = makeContext(settings, watcher, log);
  const start = performance.now();
  const end = (result: Pick<Result, 'verdict' | 'outcome' | 'reason'>): Result => {
    return { experiment, ...result, seconds: (performance.now() - start) / 1000, log };
  };
  try {
    let returned: Outcome | undefined;
    const work = scope(async () => {
      returned = await experiment.run(context);
    });
    await unlessAborted(work, settings.signal);
    const outcome = checkOutcome(returned as Outcome);
    return end({ verdict: isHeld(outcome.measured, experiment.bar) ? 'held' : 'not held', outcome });
  } catch (error) {
    if (settings.signal.aborted) return end({ verdict: 'left out', reason: 'stopped while it ran' });
    return end({ verdict: 'failed', reason: message(error) });
  }
}

/** Runs all experiments that can run; a result for each, in their order. */
export async function runExperiments(
  experiments: readonly Experiment[],
  settings: RunSettings,
  watcher: Watcher,
): Promise<Result[]> {
  const results: Result[] = [];
  const reasons = experiments.map((experiment) => reasonToLeaveOut(experiment, settings));
  const count = reasons.filter((reason) => reason === undefined).length;
  let index = 0;
  for (const [i, experiment] of experiments.entries()) {
    await setImmediate(); // a Ctrl-C that came while the last one computed
    const reason = reasons[i] ?? (settings.signal.aborted ? 'not reached' : undefined);
    if (reason !== undefined) {
      results.push({ experiment, verdict: 'left out', reason, seconds: 0, log: [] });
      continue;
    }
    watcher.started(experiment, ++index, count);
    const result = await runOne(experiment, settings, watcher);
    watcher.ended(result);
    results.push(result);
  }
  return results;
}

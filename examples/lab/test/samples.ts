/** Experiments and results for the tests. */
import type { Experiment, Outcome } from '../src/experiment.js';
import type { RunFacts } from '../src/run-facts.js';
import { isHeld, type Result } from '../src/verdict.js';

/** A good experiment that measures 1 with the bar at least 1; `parts` replaces what a test is about. */
export function experiment(parts: Partial<Experiment> = {}): Experiment {
  return {
    id: 'sample/one',
    claim: 'One is one.',
    measures: 'one',
    baseline: 'none',
    bar: { atLeast: 1 },
    run: async () => ({ measured: 1 }),
    ...parts,
  };
}

/** The result of an experiment that found this. */
export function result(outcome: Outcome, parts: Partial<Experiment> = {}): Result {
  const declared = experiment(parts);
  const verdict = isHeld(outcome.measured, declared.bar) ? 'held' : 'not held';
  return { experiment: declared, verdict, outcome, seconds: 1.234, log: [] };
}

/** Circumstances of a run. */
export const facts: RunFacts = {
  device: 'wasm, simd128',
  threads: 2,
  seed: 1,
  full: false,
  date: new Date(0),
  seconds: 61.2,
  version: '1.2.3, Node 20.0.0',
  cutShort: false,
};

/** Results as JSON: what was declared and what was found, side by side. */
import type { Experiment } from './experiment.js';
import type { RunFacts } from './run-facts.js';
import type { Result } from './verdict.js';

/** What was declared, without the function. */
export function declared(experiment: Experiment): Record<string, unknown> {
  const { id, paper, claim, measures, unit, baseline, bar, full, needs } = experiment;
  return {
    id,
    paper: paper ?? null,
    claim,
    measures,
    unit: unit ?? '',
    baseline,
    bar,
    full: full ?? false,
    needs: needs ?? null,
  };
}

/** One result; numbers that are not finite are null, as JSON has none. */
export function resultJson(result: Result, facts: RunFacts): Record<string, unknown> {
  const { experiment, verdict, outcome, reason, seconds } = result;
  return {
    ...declared(experiment),
    measured: outcome?.measured ?? null,
    baselineMeasured: outcome?.baseline ?? null,
    verdict,
    held: verdict === 'held',
    reason: reason ?? null,
    notes: outcome?.notes ?? [],
    seconds,
    device: facts.device,
    seed: facts.seed,
  };
}

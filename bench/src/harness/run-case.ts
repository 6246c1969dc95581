/** Runs one case: checks that all contenders agree, then times them in turns. */
import { currentDevice } from '@saccade/kernels';
import { largestError } from './agree.js';
import { alternate, type Pace, type Timing } from './alternate.js';
import type { Bar, Case, Contender, Entrant } from './case.js';

/** What a case came to. */
export interface CaseResult {
  readonly group: string;
  readonly name: string;
  readonly operations: number | undefined;
  readonly timings: Partial<Record<Entrant, Timing>>;
  /** Median of each peer divided by ours: above 1 we are faster. */
  readonly ratios: Partial<Record<Entrant, number>>;
  /** The same by the fastest round of each, which a busy machine disturbs less. */
  readonly ratiosOfMinima: Partial<Record<Entrant, number>>;
  /** Largest relative difference to our result. */
  readonly errors: Partial<Record<Entrant, number>>;
  readonly bar: { readonly peer: Entrant; readonly ratio: number; readonly held: boolean } | undefined;
  /** Our kernels that have no WebAssembly form yet: their time is that of the slow reference device. */
  readonly fallbacks: readonly string[];
  /** Contenders that failed or gave another result, and how. */
  readonly problems: readonly string[];
}

interface Ready {
  readonly entrant: Entrant;
  readonly contender: Contender;
  readonly values: Float32Array;
}

export async function runCase(wanted: Case, pace: Pace, relaxed: boolean): Promise<CaseResult> {
  const callsBefore = fallbackCalls();
  const problems: string[] = [];
  const ready: Ready[] = [];
  for (const [name, make] of Object.entries(wanted.contenders)) {
    if (make === undefined) continue;
    const entrant = name as Entrant;
    try {
      const contender = make();
      ready.push({ entrant, contender, values: await contender.values() });
    } catch (error) {
      problems.push(`${entrant} failed: ${(error as Error).message}`);
    }
  }
  const ours = ready.find(({ entrant }) => entrant === 'saccade');
  const errors: Partial<Record<Entrant, number>> = {};
  const tolerance = wanted.tolerance ?? 1e-4;
  for (const { entrant, values } of ready) {
    if (ours === undefined || entrant === 'saccade') continue;
    const error = largestError(values, ours.values);
    errors[entrant] = error;
    if (!(error <= tolerance)) problems.push(`${entrant} gives another result: off by ${error.toPrecision(2)}`);
  }
  const fair = ready.filter(({ entrant }) => !((errors[entrant] ?? 0) > tolerance));
  const measured = await alternate(
    fair.map(({ contender }) => contender),
    pace,
  );
  for (const { contender } of ready) contender.dispose();
  const timings: Partial<Record<Entrant, Timing>> = {};
  fair.forEach(({ entrant }, i) => {
    timings[entrant] = measured[i] as Timing;
  });
  const ratios = divide(timings, (timing) => timing.median);
  return {
    group: wanted.group,
    name: wanted.name,
    operations: wanted.operations,
    timings,
    ratios,
    ratiosOfMinima: divide(timings, (timing) => timing.minimum),
    errors,
    bar: judge(wanted.bar, ratios, relaxed),
    fallbacks: [...fallbackCalls()]
      .filter(([name, calls]) => calls > (callsBefore.get(name) ?? 0))
      .map(([name]) => name),
    problems,
  };
}

/** How often each kernel ran elsewhere than on the current device. */
function fallbackCalls(): Map<string, number> {
  return new Map(
    currentDevice()
      .report()
      .map(({ kernel, calls }) => [kernel, calls]),
  );
}

function divide(
  timings: Partial<Record<Entrant, Timing>>,
  time: (timing: Timing) => number,
): Partial<Record<Entrant, number>> {
  const ours = timings.saccade;
  const ratios: Partial<Record<Entrant, number>> = {};
  if (ours === undefined) return ratios;
  for (const [entrant, timing] of Object.entries(timings)) {
    if (entrant !== 'saccade') ratios[entrant as Entrant] = time(timing) / time(ours);
  }
  return ratios;
}

function judge(bar: Bar | undefined, ratios: Partial<Record<Entrant, number>>, relaxed: boolean): CaseResult['bar'] {
  if (bar === undefined) return undefined;
  const ratio = relaxed ? bar.relaxed : bar.simd;
  return { peer: bar.peer, ratio, held: (ratios[bar.peer] ?? 0) >= ratio };
}

/** Runs one case: checks that all contenders agree with ours on the CPU, then times them in turns. */
import type { FallbackReport } from '@saccade/kernels';
import type { Case, Contender, Entrant, Forms } from './case.js';
import { largestError, tolerance } from './compare.js';
import type { CaseResult } from './report.js';
import { inTurns, type Pace, type Timing } from './turns.js';

/** A library that was started. */
export interface Library {
  readonly entrant: Entrant;
  /** Makes it the one that computes; called before each turn. */
  activate(): void | Promise<void>;
  /** Its contender, if the case is written for it. */
  enter(forms: Forms): Contender | undefined;
  /** Kernels that something else computed in its place. */
  report?(): readonly FallbackReport[];
}

export interface Conduct {
  readonly pace: Pace;
  readonly signal: AbortSignal;
  /** Says what is being done. */
  tell(text: string): void;
}

/** A library with its inputs in place, and how far its result is from ours on the CPU. */
interface Entered {
  readonly library: Library;
  readonly contender: Contender;
  readonly error: number;
}

/** `libraries` begin with ours on the CPU, which is what the others are compared with. */
export async function runCase(wanted: Case, libraries: readonly Library[], conduct: Conduct): Promise<CaseResult> {
  const { name, operations, torch } = wanted;
  const problems: string[] = [];
  const entered: Entered[] = [];
  try {
    await enterAll(wanted, libraries, conduct, entered, problems);
    conduct.tell(`${name}: timing`);
    const fair = entered.filter(({ error }) => error <= tolerance);
    const before = fair.map(({ library }) => library.report?.() ?? []);
    const times = await timeAll(fair, conduct, problems);
    const fallbacks = fair.flatMap(({ library }, i) => newCalls(library, before[i] ?? []));
    const errors = Object.fromEntries(entered.map(({ library, error }) => [library.entrant, error]));
    return { name, operations, torch, times, errors, problems, fallbacks };
  } finally {
    for (const { contender } of entered) contender.dispose();
  }
}

/** Sets the contenders up and lets each compute once. A failure or another result is a problem. */
async function enterAll(
  wanted: Case,
  libraries: readonly Library[],
  conduct: Conduct,
  entered: Entered[],
  problems: string[],
): Promise<void> {
  await libraries[0]?.activate();
  const forms = wanted.prepare();
  let expected: Float32Array | undefined;
  for (const library of libraries) {
    await pause(conduct);
    conduct.tell(`${wanted.name}: ${library.entrant} computes`);
    let contender: Contender | undefined;
    try {
      await library.activate();
      contender = library.enter(forms);
      if (contender === undefined) continue;
      const values = await contender.values();
      expected ??= values;
      const error = largestError(values, expected);
      entered.push({ library, contender, error });
      if (error <= tolerance) continue;
      problems.push(`${library.entrant} gives another result: off by ${error.toPrecision(2)}`);
    } catch (error) {
      problems.push(`${library.entrant} failed: ${error instanceof Error ? error.message : error}`);
      contender?.dispose();
    }
  }
}

async function timeAll(fair: readonly Entered[], conduct: Conduct, problems: string[]): Promise<CaseResult['times']> {
  const runners = fair.map(({ library, contender }) => ({ contender, activate: () => library.activate() }));
  const timings = await inTurns(runners, conduct.pace, () => pause(conduct));
  const times: CaseResult['times'] = {};
  for (const [i, { library }] of fair.entries()) {
    const timing = timings[i] as Timing | Error;
    if (timing instanceof Error) problems.push(`${library.entrant} failed: ${timing.message}`);
    else times[library.entrant] = timing;
  }
  return times;
}

/** Lets the page draw and hear clicks. @throws the signal's reason once it is aborted */
async function pause({ signal }: Conduct): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve));
  signal.throwIfAborted();
}

function newCalls({ entrant, report }: Library, before: readonly FallbackReport[]): string[] {
  const known = new Map(before.map(({ kernel, calls }) => [kernel, calls]));
  const now = (report?.() ?? []).filter(({ kernel, calls }) => calls > (known.get(kernel) ?? 0));
  return now.length === 0 ? [] : [`${entrant}: ${now.map(({ kernel }) => kernel).join(', ')}`];
}

/** A whole run: starts the libraries, runs the cases, reports after each. */
import { type Choice, chosenCases } from '../cases/all.js';
import { startLibraries } from '../libraries/start.js';
import { describeAdapters, describeHost } from './host.js';
import type { CaseResult, Report } from './report.js';
import { runCase } from './run-case.js';
import { fullPace, quickPace } from './turns.js';
import { versions } from './versions.js';

export interface RunOptions extends Choice {
  readonly signal: AbortSignal;
  /** What is being done, and which part of all is done. */
  progress(text: string, fraction: number): void;
  /** Called when the libraries have started and after each case. */
  update(report: Report): void;
}

/** Resolves to what was done when it is stopped, too. */
export async function run(options: RunOptions): Promise<Report> {
  const { quick, signal, progress, update } = options;
  const cases = chosenCases(options);
  if (cases.length === 0) throw new Error('no case has such a name');
  progress('starting the libraries', 0);
  const { libraries, devices, missing } = await startLibraries();
  const results: CaseResult[] = [];
  const report = (): Report => ({
    date: new Date().toISOString().slice(0, 16).replace('T', ' '),
    host: describeHost(),
    adapters: describeAdapters(devices),
    threads: devices[0]?.threads ?? 1,
    quick,
    versions,
    missing,
    cases: [...results],
    stopped: signal.aborted,
  });
  update(report());
  const pace = quick ? quickPace : fullPace;
  try {
    for (const [i, one] of cases.entries()) {
      const tell = (text: string) => progress(text, i / cases.length);
      results.push(await runCase(one, libraries, { pace, signal, tell }));
      update(report());
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  progress(signal.aborted ? 'stopped' : 'done', 1);
  return report();
}

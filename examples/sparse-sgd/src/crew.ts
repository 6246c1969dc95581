/** Starts the worker processes of a job and hears how far they are. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { WorkerReport, WorkerTask } from './worker-task.js';

const program = fileURLToPath(new URL('./worker.ts', import.meta.url));

/** How a job is watched. */
export interface CrewOptions {
  readonly signal: AbortSignal;
  /** At this step of its own, worker `rank` is killed, as by `kill -9`. */
  readonly kill?: { readonly rank: number; readonly step: number };
  readonly onReport?: (report: WorkerReport) => void;
}

/** Reports of each worker, in the order in which they came, by rank. */
export type CrewReports = readonly (readonly WorkerReport[])[];

/** Resolves when the worker has ended. @throws if it failed, unless it was to be killed */
function follow(child: ChildProcess, reports: WorkerReport[][], options: CrewOptions): Promise<void> {
  const { kill, onReport } = options;
  let errors = '';
  child.stderr!.on('data', (piece: Buffer) => {
    errors = (errors + piece).slice(-2000);
  });
  child.on('message', (message) => {
    const report = message as WorkerReport;
    reports[report.rank]!.push(report);
    if (kill !== undefined && report.rank === kill.rank && report.step >= kill.step) child.kill('SIGKILL');
    onReport?.(report);
  });
  return new Promise((done, fail) => {
    child.on('error', fail);
    child.on('exit', (code, signal) => {
      if (code === 0 || (kill !== undefined && signal === 'SIGKILL')) done();
      else fail(new Error(`a worker ended with ${code ?? signal}: ${errors}`));
    });
  });
}

/** Runs a job of `task.size` processes to its end. @throws the signal's reason, or if a worker fails */
export async function runCrew(task: WorkerTask, options: CrewOptions): Promise<CrewReports> {
  const { signal } = options;
  signal.throwIfAborted();
  const reports: WorkerReport[][] = Array.from({ length: task.size }, () => []);
  const children = reports.map(() =>
    fork(program, [JSON.stringify(task)], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] }),
  );
  const end = (): void => {
    for (const child of children) child.kill('SIGKILL');
  };
  signal.addEventListener('abort', end, { once: true });
  process.once('exit', end);
  try {
    await Promise.all(children.map((child) => follow(child, reports, options)));
    signal.throwIfAborted();
    return reports;
  } finally {
    end();
    signal.removeEventListener('abort', end);
    process.off('exit', end);
  }
}

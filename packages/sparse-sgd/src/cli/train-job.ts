/** `sparse-sgd train --digits`, and `--workers`: begins a job and takes part in it. */
import { existsSync } from 'node:fs';
import {
  delayedSignal,
  isInterrupt,
  readIfThere,
  requireNewRun,
  resumeCommand,
  tell,
  tellResumed,
  tellSaved,
} from '@saccade/command';
import { init } from '@saccade/tensor';
import { localTransports } from '../transport/thread-transport.js';
import { type Crew, enterJob } from './crew.js';
import { digitsTask } from './digits-task.js';
import type { JobOptions } from './job-options.js';
import { reportJob } from './job-report.js';
import type { JobSettings } from './job-settings.js';
import { libsvmSettings, libsvmTask } from './libsvm-task.js';
import { readLinear } from './linear-files.js';
import { type Outcome, type PartOptions, takePart } from './take-part.js';
import type { Task } from './task.js';

/** Milliseconds that saving the run may take at Ctrl-C, as the others must answer for it. */
const lastSave = 5000;

/** A task, and what other workers must know of it. */
interface Prepared {
  readonly task: Task;
  readonly settings: JobSettings;
}

async function prepare(options: JobOptions, resumes: boolean, signal: AbortSignal): Promise<Prepared> {
  const { data, compress, feedback, group, epochs, batch, rate, seed, crew, checkpoint } = options;
  const common = { compress, feedback, group, epochs, batch, rate, seed, resumes };
  const rest = { ...common, ownHub: crew?.place.kind === 'listen', saves: checkpoint !== undefined };
  if (data === undefined) return { task: digitsTask(seed), settings: { task: { kind: 'digits' }, ...rest } };
  const files = await readLinear(data, signal);
  const task = await libsvmSettings(files.train, data);
  return { task: await libsvmTask(task, files.train, files.test), settings: { task, ...rest } };
}

/** Enters the job, or one of this process alone. */
async function enter({ crew, data }: JobOptions, settings: JobSettings, signal: AbortSignal): Promise<Crew> {
  if (crew !== undefined) return enterJob(crew, settings, data?.path, signal);
  const [transport] = await localTransports(1, { signal });
  return { transport: transport!, leave: () => transport!.close() };
}

async function run(
  options: JobOptions,
  { task, settings }: Prepared,
  part: PartOptions,
  signal: AbortSignal,
): Promise<Outcome> {
  let grace = 0;
  const crew = await enter(
    options,
    settings,
    delayedSignal(signal, () => grace),
  );
  const { transport } = crew;
  let done = false;
  try {
    if (part.checkpoint !== undefined) grace = lastSave;
    const late = transport.initialState === undefined ? '' : ', late';
    if (options.crew !== undefined) await tell(`takes part as worker ${transport.rank} of ${transport.size}${late}`);
    const outcome = await takePart(transport, settings, task, part);
    done = true;
    return outcome;
  } finally {
    await crew.leave(done);
  }
}

/** Trains, draws, writes. @param args as given, to say how to go on @returns the exit status */
export async function trainJob(options: JobOptions, args: readonly string[], signal: AbortSignal): Promise<number> {
  const { checkpoint, resume, crew, out, chart, page, x, json } = options;
  requireNewRun(options);
  await tellResumed(options);
  const saved = resume ? readIfThere(checkpoint!) : undefined;
  // One thread: steps are short, and other workers may be on this machine.
  await init({ device: 'wasm', threads: 1 });
  const prepared = await prepare(options, saved !== undefined, signal);
  const job = crew?.job ?? (options.data === undefined ? 'digits' : 'rows');
  const part: PartOptions = {
    ...{ job, out, chart, page, x, checkpoint, signal },
    resume: saved && { bytes: saved, name: checkpoint! },
  };
  let outcome: Outcome;
  try {
    outcome = await run(options, prepared, part, signal);
  } catch (error) {
    if (!isInterrupt(error, signal) || checkpoint === undefined || !existsSync(checkpoint)) throw error;
    return tellSaved(checkpoint, resumeCommand('sparse-sgd', ['train', ...args]));
  }
  await reportJob(outcome, prepared.settings, part, json);
  return 0;
}

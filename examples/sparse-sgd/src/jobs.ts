/** Jobs of worker processes, over a hub and over NATS, and how they ended. */
import { type Context, type Table, table } from '@saccade/lab';
import { type CrewReports, runCrew } from './crew.js';
import { type MeetingPlace, withMeetingPlaces } from './meeting-places.js';
import type { WorkerReport } from './worker-task.js';

/** Steps of a job. */
export const steps = 1000;

/** A job that has ended. */
export interface Job {
  readonly name: string;
  readonly place: string;
  readonly reports: CrewReports;
}

/** The last word of the worker that ended with the smallest rank. */
export function last({ reports }: Job): WorkerReport {
  const all = reports.flatMap((own) => own.filter(({ done }) => done));
  if (all.length === 0) throw new Error('expected a worker to get to the end');
  return all[0]!;
}

/** A job that is to be run. */
export interface Plan {
  readonly name: string;
  readonly compress: string;
  readonly size: number;
  readonly kill?: { readonly rank: number; readonly step: number };
}

/** Runs each plan at each place, one job after another. */
export async function runJobs(plans: readonly Plan[], context: Context): Promise<Job[]> {
  const { seed, signal, progress } = context;
  const jobs: Job[] = [];
  const run = async ({ name, compress, size, kill }: Plan, place: MeetingPlace, part: (x: number) => number) => {
    // Whoever is killed is to be missed soon; else a slow machine is no reason to go on without somebody.
    const roundTimeout = kill === undefined ? 60_000 : 3000;
    const task = { meeting: place.meeting, job: `demo-${jobs.length}`, size, roundTimeout, compress, steps, seed };
    const onReport = ({ rank, step, loss }: WorkerReport): void => {
      void progress(part(step / steps), `${name} over ${place.name}, worker ${rank}: loss ${loss.toFixed(4)}`);
    };
    const reports = await runCrew(task, { signal, onReport, ...(kill === undefined ? {} : { kill }) });
    jobs.push({ name, place: place.name, reports });
  };
  await withMeetingPlaces(async (places) => {
    const total = places.length * plans.length;
    for (const place of places) {
      for (const plan of plans) await run(plan, place, (x) => (jobs.length + x) / total);
    }
  });
  return jobs;
}

/** At each place, the second kind of job beside the first. @throws if a place lacks one */
export function besides(jobs: readonly Job[], first: string, second: string): (readonly [Job, Job])[] {
  const find = (place: string, name: string): Job => {
    const job = jobs.find((one) => one.place === place && one.name === name);
    if (job === undefined) throw new Error(`expected a job '${name}' over ${place}`);
    return job;
  };
  return [...new Set(jobs.map(({ place }) => place))].map((place) => [find(place, first), find(place, second)]);
}

/** The largest distance of the second loss from the first, in percent. */
export function worst(found: readonly (readonly [Job, Job])[]): number {
  return 100 * Math.max(...found.map(([a, b]) => Math.abs(last(b).loss / last(a).loss - 1)));
}

/** How they ended. */
export function jobTable(title: string, jobs: readonly Job[]): Table {
  return table({
    title,
    head: ['job', 'over', 'steps', 'loss', 'bytes a step', 'share of all', 'workers at the end'],
    rows: jobs.map((job) => {
      const { step, loss, bytes, denseBytes, present } = last(job);
      const share = `${((100 * bytes) / denseBytes).toFixed(2)} %`;
      return [job.name, job.place, step, Number(loss.toFixed(5)), Math.round(bytes / step), share, present];
    }),
  });
}

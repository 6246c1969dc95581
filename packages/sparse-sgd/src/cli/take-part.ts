/** Taking part in a job: training that people can follow, and what came of it. */
import { saveModule } from '@saccade/nn';
import type { Transport, TransportCounts } from '../transport/transport.js';
import { type ChartFiles, writeCharts } from './chart-files.js';
import type { JobSettings } from './job-settings.js';
import { JobView } from './job-view.js';
import type { Worked, WorkOptions } from './standing.js';
import type { Task } from './task.js';
import { work } from './work.js';

/** What a worker wants beside the work itself. */
export interface PartOptions extends ChartFiles, Pick<WorkOptions, 'checkpoint' | 'resume' | 'signal'> {
  /** Name of the job. */
  readonly job: string;
  readonly out: string | undefined;
}

/** What came of it. */
export interface Outcome extends Worked {
  readonly rank: number;
  /** Workers that ever belonged to the job. */
  readonly workers: number;
  /** What the score is of. */
  readonly tested: string;
  /** Times that a worker was given up. */
  readonly lost: number;
  /** Workers that came late. */
  readonly joined: number;
  readonly counts: TransportCounts;
  readonly seconds: number;
}

/** Trains to the end. Files that were asked for are written then. @throws as `work` */
export async function takePart(
  transport: Transport,
  settings: JobSettings,
  task: Task,
  options: PartOptions,
): Promise<Outcome> {
  const start = performance.now();
  const { job, checkpoint, resume, signal, out } = options;
  const view = new JobView(transport, job, settings, options);
  try {
    const worked = await work(transport, settings, task, {
      ...{ checkpoint, resume, signal },
      onPoint: (standing) => view.point(standing),
      onEpoch: (standing, score) => view.epoch(standing, score),
    });
    writeCharts(options, view.series(worked), view.title);
    if (out !== undefined) await saveModule(out, task.model);
    const { rank, size: workers, counts } = transport;
    const { lost, joined } = view;
    const seconds = (performance.now() - start) / 1000;
    return { ...worked, rank, workers, tested: task.tested, lost, joined, counts, seconds };
  } finally {
    view.close();
  }
}

/** Claims about processes that train one network together: what they send, what they lose by it, and what becomes of a job when one is killed. */
import { chart, type Experiment } from '@saccade/lab';
import { once } from './data-sets.js';
import { besides, type Job, jobTable, last, runJobs, steps, worst } from './jobs.js';
import { machine } from './machine.js';
import { paper } from './paper.js';

const top = 'top-k:1%';

const [whole, sliver, three, killed] = ['all sent', 'top 1 % sent', 'three workers', 'one of them killed'] as const;

const pairs = once((context) =>
  runJobs(
    [
      { name: whole, compress: 'none', size: 2 },
      { name: sliver, compress: top, size: 2 },
    ],
    context,
  ),
);

const shared = { paper, full: true, unit: '%' } as const;

function placesNote(jobs: readonly Job[]): string {
  const places = [...new Set(jobs.map(({ place }) => place))];
  return `Over ${places.join(' and ')}${places.length === 1 ? '; no nats-server was found' : ''}. ${machine()}`;
}

/** All of them. */
export const distributedExperiments: readonly Experiment[] = [
  {
    ...shared,
    id: 'sparse-sgd/distributed-same-loss',
    claim: 'Two processes that send 1 % of their gradients, with memory, learn what they learn by sending all.',
    measures: 'distance of the loss on new points from that of the job that sends all, the larger over hub and NATS',
    baseline: 'none',
    bar: { atMost: 1 },
    async run(context) {
      const jobs = await pairs(context);
      return {
        measured: worst(besides(jobs, whole, sliver)),
        baseline: 0,
        figures: [
          chart({
            title: 'Loss by what a worker sent',
            caption: `Over the ${jobs[0]!.place}.`,
            x: { label: 'bytes', log: true },
            y: { label: 'loss' },
            series: jobs.slice(0, 2).map(({ name, reports }) => ({
              name,
              points: reports[0]!.map(({ bytes, loss }) => [bytes, loss] as const),
            })),
          }),
          jobTable('Two processes', jobs),
        ],
        notes: [placesNote(jobs)],
      };
    },
  },
  {
    ...shared,
    id: 'sparse-sgd/distributed-bytes',
    claim: 'They send at most one fiftieth of the bytes, all headers counted.',
    measures: 'bytes of a worker’s messages over those of its gradients, the larger over hub and NATS',
    baseline: 'all sent',
    bar: { atMost: 2 },
    async run(context) {
      const share = (job: Job): number => (100 * last(job).bytes) / last(job).denseBytes;
      const found = besides(await pairs(context), whole, sliver);
      return {
        measured: Math.max(...found.map(([, job]) => share(job))),
        baseline: Math.max(...found.map(([job]) => share(job))),
      };
    },
  },
  {
    ...shared,
    id: 'sparse-sgd/distributed-kill',
    claim:
      'When one of three workers is killed, the others go on and end with the loss of a job that nothing happened to.',
    measures: 'distance of the loss on new points from that job’s, the larger over hub and NATS',
    baseline: 'none',
    bar: { atMost: 2 },
    async run(context) {
      const jobs = await runJobs(
        [
          { name: three, compress: top, size: 3 },
          { name: killed, compress: top, size: 3, kill: { rank: 1, step: steps / 2 } },
        ],
        context,
      );
      const found = besides(jobs, three, killed);
      const finished = found.map(([, { reports }]) => reports.filter((own) => own.at(-1)?.done).length);
      if (finished.some((count) => count !== 2)) throw new Error(`expected two workers to finish, got ${finished}`);
      return {
        measured: worst(found),
        baseline: 0,
        figures: [jobTable('Three processes', jobs)],
        notes: [placesNote(jobs)],
      };
    },
  },
];

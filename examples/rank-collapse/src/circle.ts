/** Two tokens on a circle: attention that is fed back to itself makes them one, unless there is a skip. */
import { type Chart, chart, type Experiment } from '@saccade/lab';
import { APPLICATIONS, type CircleRun, circleRuns, gaps } from './circle-nets.js';
import { paper } from './paper.js';

/** What is left of the first gap in the end. */
const kept = (run: CircleRun): number => {
  const all = gaps(run);
  return (all[APPLICATIONS] as number) / (all[0] as number);
};

const worst = (runs: readonly CircleRun[]): number => Math.max(...runs.map(kept));
const least = (runs: readonly CircleRun[]): number => Math.min(...runs.map(kept));

/** The gap after each application, on a logarithmic axis. */
function gapChart(runs: readonly CircleRun[]): Chart {
  return chart({
    title: 'How far apart two tokens are',
    caption: 'A network of one layer, applied again and again. A gap of 0 is not drawn.',
    x: { label: 'applications' },
    y: { label: 'gap', log: true },
    series: runs.map((run) => ({ name: run.name, points: gaps(run).map((gap, step) => [step, gap] as const) })),
  });
}

/** Where both tokens go. */
function trajectoryChart(runs: readonly CircleRun[]): Chart {
  const shown = runs.filter(({ mlp }) => !mlp);
  return chart({
    title: 'Where two tokens go',
    caption: 'They start opposite, a little inside the circle, and should go on along it.',
    x: { label: 'x' },
    y: { label: 'y' },
    series: shown.flatMap(({ name, places }) =>
      ([0, 1] as const).map((token) => ({
        name: `${name}, token ${token + 1}`,
        points: places.map((both) => both[token]),
        style: 'dots' as const,
      })),
    ),
  });
}

export const circleExperiments: readonly Experiment[] = [
  {
    id: 'rank-collapse/circle-without-skip',
    paper,
    claim: 'Attention that is fed back to itself makes two tokens one within five applications, with an MLP too.',
    measures: 'largest share of the first gap that is left after five applications, without a skip',
    baseline: 'smallest share with a skip',
    bar: { atMost: 1e-6 },
    async run(context) {
      const runs = await circleRuns(context);
      return {
        measured: worst(runs.filter(({ skip }) => !skip)),
        baseline: least(runs.filter(({ skip }) => skip)),
        figures: [gapChart(runs), trajectoryChart(runs)],
      };
    },
  },
  {
    id: 'rank-collapse/circle-with-skip',
    paper,
    claim: 'With a skip the tokens stay apart.',
    measures: 'smallest share of the first gap that is left after five applications, with a skip',
    baseline: 'largest share without a skip',
    bar: { atLeast: 0.5 },
    async run(context) {
      const runs = await circleRuns(context);
      return { measured: least(runs.filter(({ skip }) => skip)), baseline: worst(runs.filter(({ skip }) => !skip)) };
    },
  },
];

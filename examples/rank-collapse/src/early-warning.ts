/** A network without skips that will not learn: known before the first step. */
import { type Chart, type Context, chart, type Experiment, type Table, table } from '@saccade/lab';
import { type RankReport, rankMonitor } from '@saccade/rank-collapse';
import { paper } from './paper.js';
import { freeNet, residualRatios, type SortingNet, sortingNet, trainNet } from './sorting-nets.js';

/** A network's training, as it went. */
interface WatchedRun {
  readonly name: string;
  readonly accuracy: number;
  /** Residual ratios by layer, before the first step and behind the last. */
  readonly before: readonly number[];
  readonly after: readonly number[];
  /** What the monitor said, from before the first step on. */
  readonly reports: readonly RankReport[];
}

/** Both networks, alike but for the skips. */
interface WatchedRuns {
  readonly without: WatchedRun;
  readonly with: WatchedRun;
}

/** 512 steps. */
const EPOCHS = 16;

const runs = new Map<number, WatchedRuns>();

/** Trained once for each seed. */
async function watchedRuns(context: Context): Promise<WatchedRuns> {
  const found = runs.get(context.seed);
  if (found !== undefined) return found;
  const both = {
    without: await watchedRun(false, [0, 0.5], context),
    with: await watchedRun(true, [0.5, 1], context),
  };
  runs.set(context.seed, both);
  return both;
}

async function watchedRun(skip: boolean, part: readonly [number, number], context: Context): Promise<WatchedRun> {
  const net = sortingNet(context.seed, skip);
  const before = await residualRatios(net);
  const { accuracy, reports } = await watched(net, part, context);
  const after = await residualRatios(net);
  freeNet(net);
  return { name: skip ? 'with skips' : 'without skips', accuracy, before, after, reports };
}

async function watched(net: SortingNet, part: readonly [number, number], context: Context) {
  const { network, task } = net;
  const monitor = rankMonitor({
    every: 100,
    states: () => network.hiddenStates(task.test.inputs, { attention: true }),
  });
  await monitor.check();
  const { accuracy } = await trainNet(net, { epochs: EPOCHS, part, watch: monitor }, context);
  return { accuracy, reports: monitor.history };
}

function ratioChart(both: WatchedRuns): Chart {
  const points = (ratios: readonly number[]) => ratios.map((ratio, layer) => [layer, ratio] as const);
  return chart({
    title: 'What tokens do not have in common, by layer',
    caption: '|res(X)| / |X| in the composite norm, the mean over 200 sequences.',
    x: { label: 'layers' },
    y: { label: 'residual ratio', log: true },
    series: [both.without, both.with].flatMap(({ name, before, after }) => [
      { name: `${name}, before training`, points: points(before) },
      { name: `${name}, after 512 steps`, points: points(after) },
    ]),
  });
}

function alarms(both: WatchedRuns): Table {
  const rows = [both.without, both.with].map(({ name, accuracy, after, reports }) => [
    name,
    reports[0]?.level ?? 'ok',
    `${reports.filter(({ level }) => level !== 'ok').length} of ${reports.length}`,
    (after.at(-1) ?? 0).toExponential(1),
    `${(100 * accuracy).toFixed(1)} %`,
  ]);
  const head = ['network', 'monitor at step 0', 'alarms', 'last ratio after 512 steps', 'letters at their places'];
  return table({ title: 'Two networks and their monitors', head, rows });
}

const isAlarm = ({ level }: RankReport): boolean => level !== 'ok';

/** Alarm without skips, and none with them at any time. */
function rightVerdicts(both: WatchedRuns, alarm: (report: RankReport) => boolean): number {
  const [first] = both.without.reports;
  return Number(first !== undefined && alarm(first)) + Number(!both.with.reports.some(alarm));
}

export const earlyWarningExperiments: readonly Experiment[] = [
  {
    id: 'rank-collapse/early-warning',
    paper,
    claim: 'The monitor tells before the first step that a network of six layers without skips has lost its rank.',
    measures: 'right verdicts of two: alarm at step 0 without skips, none at any time with them',
    baseline: 'an alarm when the first layer alone is down to rounding',
    bar: { atLeast: 2 },
    full: true,
    async run(context) {
      const both = await watchedRuns(context);
      // Behind one layer nothing is to be seen yet.
      const shallow = rightVerdicts(both, ({ layers }) => layers[1]?.atFloor === true);
      const figures = [ratioChart(both), alarms(both)];
      return { measured: rightVerdicts(both, isAlarm), baseline: shallow, figures };
    },
  },
  {
    id: 'rank-collapse/collapsed-does-not-learn',
    paper,
    claim: 'The network that lost its rank does not learn what the same network learns with skips.',
    measures: 'letters at their places after 512 steps: with skips beyond without',
    unit: '%',
    baseline: 'without skips',
    bar: { atLeast: 50 },
    full: true,
    async run(context) {
      const both = await watchedRuns(context);
      return {
        measured: 100 * (both.with.accuracy - both.without.accuracy),
        baseline: 100 * both.without.accuracy,
      };
    },
  },
];

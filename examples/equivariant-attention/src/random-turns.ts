/** Trained and tested on digits in any of four turns: what equivariance is worth where a plain network sees all turns too. */
import type { GroupName } from '@saccade/equivariant-attention';
import { type Chart, type Context, chart, type Experiment, type Point, type Table, table } from '@saccade/lab';
import { dispose, Rng } from '@saccade/tensor';
import { digitNet } from './digit-nets.js';
import { digits, randomlyTurned } from './digits.js';
import { paper } from './paper.js';
import { train } from './train.js';
import { percentByTurn } from './upright.js';

const SEEDS = 3;
const [SHORT, LONG] = [500, 900];
/** Steps that take the plain network about as long as 900 take the other. */
const AS_LONG = 2250;

/** One network, trained. */
interface TurnRun {
  /** Test images that are read right, each in a turn of its own, in percent. */
  readonly right: number;
  /** The same, and all of them turned further by one, two and three quarters. */
  readonly byTurn: readonly number[];
  readonly losses: readonly Point[];
  readonly seconds: number;
}

const known = new Map<string, TurnRun>();

/** Trained once. @param part of the experiment's work that this is */
async function turnRun(
  group: GroupName,
  steps: number,
  seed: number,
  context: Context,
  part: readonly [from: number, to: number],
): Promise<TurnRun> {
  const key = `${group} ${steps} ${seed}`;
  const found = known.get(key);
  if (found !== undefined) return found;
  const upright = digits();
  const images = randomlyTurned(upright.train, new Rng(seed).derive(1));
  const test = randomlyTurned(upright.test, new Rng(seed).derive(2));
  using net = digitNet(seed, { group });
  const { signal, progress } = context;
  const onStep = (step: number): Promise<void> =>
    progress(part[0] + ((part[1] - part[0]) * step) / steps, `${group}, seed ${seed}, step ${step} of ${steps}`);
  const { losses, seconds } = await train(net, images, { steps, rate: 1e-2, warmUp: 30, seed, signal, onStep });
  const byTurn = await percentByTurn(net, test);
  const run = { right: byTurn[0] as number, byTurn, losses, seconds };
  dispose([upright, images, test]);
  known.set(key, run);
  return run;
}

/** Both networks after 500 steps, with three seeds. */
async function pairs(context: Context): Promise<readonly { readonly z2: TurnRun; readonly p4: TurnRun }[]> {
  const all: { z2: TurnRun; p4: TurnRun }[] = [];
  for (let i = 0; i < SEEDS; i++) {
    const seed = context.seed + i;
    const [from, middle, to] = [i / SEEDS, (i + 0.3) / SEEDS, (i + 1) / SEEDS];
    const z2 = await turnRun('z2', SHORT, seed, context, [from, middle]);
    all.push({ z2, p4: await turnRun('p4', SHORT, seed, context, [middle, to]) });
  }
  return all;
}

/** Both networks after 900 steps, and the plain one after about as long. */
interface LongRuns {
  readonly z2: TurnRun;
  readonly asLong: TurnRun;
  readonly p4: TurnRun;
}

async function longRuns(context: Context): Promise<LongRuns> {
  const { seed } = context;
  const z2 = await turnRun('z2', LONG, seed, context, [0, 0.2]);
  const asLong = await turnRun('z2', AS_LONG, seed, context, [0.2, 0.6]);
  return { z2, asLong, p4: await turnRun('p4', LONG, seed, context, [0.6, 1]) };
}

const mean = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0) / list.length;
const spread = ({ byTurn }: TurnRun): number => Math.max(...byTurn) - Math.min(...byTurn);

/** Mean losses of 20 steps. */
function lossChart({ z2, p4 }: LongRuns): Chart {
  const points = ({ losses }: TurnRun): Point[] =>
    losses
      .filter((_, i) => i % 20 === 19)
      .map(([x], i) => [x + 1, mean(losses.slice(20 * i, 20 * i + 20).map(([, y]) => y))]);
  return chart({
    title: 'Learning digits in four turns',
    x: { label: 'step' },
    y: { label: 'loss, mean of 20 steps', log: true },
    series: [
      { name: 'z2', points: points(z2) },
      { name: 'p4', points: points(p4) },
    ],
  });
}

function accuracies(rows: readonly (readonly [name: string, steps: number, run: TurnRun])[]): Table {
  return table({
    title: 'Digits in four turns',
    caption:
      'Of 597 test images, each in a random quarter turn: these, and all of them turned further. Seconds are those of training.',
    head: ['network', 'steps', 'as they are', '90°', '180°', '270°', 'seconds'],
    rows: rows.map(([name, steps, { byTurn, seconds }]) => [
      ...[name, steps],
      ...byTurn.map((share) => `${share.toFixed(2)} %`),
      Math.round(seconds),
    ]),
  });
}

export const randomTurnExperiments: readonly Experiment[] = [
  {
    id: 'equivariant-attention/turned-gain',
    paper,
    claim: 'Where training shows all four turns, it learns more from as many steps as the plain network does.',
    measures: 'points by which p4 reads more test images than z2 after 500 steps, mean of three seeds',
    unit: '%',
    baseline: 'what z2 reads',
    bar: { atLeast: 6 },
    full: true,
    async run(context) {
      const all = await pairs(context);
      const right = (name: 'z2' | 'p4'): number => mean(all.map((pair) => pair[name].right));
      const rows = all.flatMap(({ z2, p4 }, i) => [
        [`z2, seed ${context.seed + i}`, SHORT, z2] as const,
        [`p4, seed ${context.seed + i}`, SHORT, p4] as const,
      ]);
      return { measured: right('p4') - right('z2'), baseline: right('z2'), figures: [accuracies(rows)] };
    },
  },
  {
    id: 'equivariant-attention/turned-accuracy',
    paper,
    claim: 'After 900 steps it reads most digits, whichever way up.',
    measures: 'test images read right, p4, 900 steps',
    unit: '%',
    baseline: 'z2, 900 steps',
    bar: { atLeast: 82 },
    full: true,
    async run(context) {
      const all = await longRuns(context);
      const rows = [
        ['z2', LONG, all.z2],
        ['z2', AS_LONG, all.asLong],
        ['p4', LONG, all.p4],
      ] as const;
      const figures = [lossChart(all), accuracies(rows)];
      return { measured: all.p4.right, baseline: all.z2.right, figures };
    },
  },
  {
    id: 'equivariant-attention/turned-equal',
    paper,
    claim: 'And exactly as many of each turn, which the plain network does not, though it has seen all.',
    measures: 'points between the best and the worst turn, p4, 900 steps',
    unit: '%',
    baseline: 'the same of z2',
    bar: { atMost: 0 },
    full: true,
    async run(context) {
      const { z2, p4 } = await longRuns(context);
      return { measured: spread(p4), baseline: spread(z2) };
    },
  },
];

/** Trained on upright digits, tested on turned ones (the paper's point in its smallest form). */
import { elementName, type GroupAttentionNet, groups, symmetrise } from '@saccade/equivariant-attention';
import { type Context, type Experiment, type Picture, pictures, type Table, table } from '@saccade/lab';
import { dispose } from '@saccade/tensor';
import { digitNet } from './digit-nets.js';
import { digits, type Images, rowsOf, turned } from './digits.js';
import { paper } from './paper.js';
import { type Classifier, percentRight, predict, train } from './train.js';

const STEPS = 700;
const kinds = ['z2', 'p4'] as const;
const { p4 } = groups;

/** Percent of the test images that are read right, of each quarter turn, from none on. */
type ByTurn = readonly number[];

/** What was trained, and how it reads. */
interface UprightRun {
  readonly plain: ByTurn;
  readonly equivariant: ByTurn;
  /** The plain network, averaged over the four turns of each image. */
  readonly symmetrised: ByTurn;
  readonly seconds: readonly number[];
  readonly sheet: readonly Picture[];
}

const runs = new Map<number, UprightRun>();

/** Trained once for each seed. */
async function uprightRun(context: Context): Promise<UprightRun> {
  const found = runs.get(context.seed);
  if (found !== undefined) return found;
  const { train: images, test } = digits();
  const [seconds, byTurn]: [number[], ByTurn[]] = [[], []];
  const nets = kinds.map((group) => digitNet(context.seed, { group })) as [GroupAttentionNet, GroupAttentionNet];
  for (const [i, net] of nets.entries()) {
    const { seed, signal, progress } = context;
    const onStep = (step: number): Promise<void> =>
      progress((i + step / STEPS) / 2, `${kinds[i]}, step ${step} of ${STEPS}`);
    const trained = await train(net, images, { steps: STEPS, rate: 1e-2, warmUp: 30, seed, signal, onStep });
    seconds.push(trained.seconds);
    byTurn.push(await percentByTurn(net, test));
  }
  const [plain, equivariant] = byTurn as [ByTurn, ByTurn];
  const symmetrised = await percentByTurn(symmetrise(nets[0], p4), test);
  const run = { plain, equivariant, symmetrised, seconds, sheet: await sheetOf(nets, test) };
  dispose([images, test]);
  for (const net of nets) net.dispose();
  runs.set(context.seed, run);
  return run;
}

/** Of each quarter turn of all images. */
export async function percentByTurn(net: Classifier, images: Images): Promise<number[]> {
  const found: number[] = [];
  for (const element of p4.matrices.keys()) found.push(await percentRight(net, turned(images, p4, element)));
  return found;
}

/** The first test images in four turns, and what both networks take them for. */
async function sheetOf(nets: readonly Classifier[], test: Images): Promise<Picture[]> {
  const few = rowsOf(test, Int32Array.of(0, 1, 2, 3));
  const truth = few.labels.dataSync<'int32'>();
  const sheet: Picture[] = [];
  for (const element of p4.matrices.keys()) {
    const own = turned(few, p4, element);
    const [plain, equivariant] = await Promise.all(nets.map((net) => predict(net, own.images)));
    const pixels = own.images.dataSync() as Float32Array;
    truth.forEach((digit, i) => {
      const read = [plain?.[i], equivariant?.[i]];
      sheet.push({
        ...{ pixels: pixels.slice(64 * i, 64 * (i + 1)), width: 8, height: 8, channels: 1 },
        caption: `z2: ${read[0]}, p4: ${read[1]}`,
        alert: read[0] !== digit,
      });
    });
  }
  return sheet;
}

const spread = (list: ByTurn): number => Math.max(...list) - Math.min(...list);
const mean = (list: ByTurn): number => list.reduce((a, b) => a + b, 0) / list.length;
const best = (list: ByTurn): number => Math.max(...list.slice(1));

function turnsTable({ plain, equivariant, symmetrised, seconds }: UprightRun): Table {
  const row = (name: string, list: ByTurn): string[] => [name, ...list.map((share) => `${share.toFixed(2)} %`)];
  return table({
    title: `After ${STEPS} steps on upright digits`,
    caption: `Of 597 test images. Training took ${seconds.map((s, i) => `${kinds[i]} ${s.toFixed(0)} s`).join(', ')}. The last row runs the plain network four times for each image.`,
    head: ['network', ...p4.matrices.map((_, element) => elementName(p4, element))],
    rows: [row('z2', plain), row('p4', equivariant), row('symmetrise(z2)', symmetrised)],
  });
}

export const uprightExperiments: readonly Experiment[] = [
  {
    id: 'equivariant-attention/upright-equal',
    paper,
    claim: 'Trained on upright digits, it reads exactly as many of them in each of four turns.',
    measures: 'points between the best and the worst turn, p4',
    unit: '%',
    baseline: 'the same of the plain network, z2',
    bar: { atMost: 0 },
    full: true,
    async run(context) {
      const run = await uprightRun(context);
      const sheet = pictures({
        title: 'What both read',
        caption: 'Marked: the plain network is wrong.',
        columns: 4,
        items: run.sheet,
      });
      return { measured: spread(run.equivariant), baseline: spread(run.plain), figures: [turnsTable(run), sheet] };
    },
  },
  {
    id: 'equivariant-attention/upright-accuracy',
    paper,
    claim: 'And it reads most of them.',
    measures: 'test images read right in the worst of four turns, p4, 700 steps',
    unit: '%',
    baseline: 'the plain network averaged over the four turns of each image, symmetrise(z2)',
    bar: { atLeast: 80 },
    full: true,
    async run(context) {
      const run = await uprightRun(context);
      return { measured: Math.min(...run.equivariant), baseline: Math.min(...run.symmetrised) };
    },
  },
  {
    id: 'equivariant-attention/upright-plain-turned',
    paper,
    claim: 'The plain network reads at most half of the turned ones.',
    measures: 'test images read right in the best of three turns, z2, 700 steps',
    unit: '%',
    baseline: 'upright ones',
    bar: { atMost: 50 },
    full: true,
    async run(context) {
      const { plain } = await uprightRun(context);
      return { measured: best(plain), baseline: plain[0] as number };
    },
  },
  {
    id: 'equivariant-attention/upright-plain',
    paper,
    claim: 'Not for want of learning: of the upright ones it reads most.',
    measures: 'upright test images read right, z2, 700 steps',
    unit: '%',
    baseline: 'p4',
    bar: { atLeast: 80 },
    full: true,
    async run(context) {
      const { plain, equivariant } = await uprightRun(context);
      return { measured: plain[0] as number, baseline: equivariant[0] as number };
    },
  },
  {
    id: 'equivariant-attention/upright-gain',
    paper,
    claim: 'Over the four turns it is far ahead of the plain network.',
    measures: 'mean over four turns, points by which p4 reads more than z2',
    unit: '%',
    baseline: 'the mean of z2 itself',
    bar: { atLeast: 30 },
    full: true,
    async run(context) {
      const { plain, equivariant } = await uprightRun(context);
      return { measured: mean(equivariant) - mean(plain), baseline: mean(plain) };
    },
  },
];

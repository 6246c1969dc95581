/** The doubly exponential law itself (Theorem 2.2), far below what numbers can hold directly. */
import { type Chart, type Context, chart, type Experiment } from '@saccade/lab';
import { certifyNetwork, residualCurve, type TrackedPoint, trackedLayers, trackResidual } from '@saccade/rank-collapse';
import { type Matrix, matrix, Rng, scope, type Tensor } from '@saccade/tensor';
import { paper } from './paper.js';
import { normal, randomEncoder } from './random-encoder.js';

const [TOKENS, WIDTH, LAYERS] = [16, 32, 6];

/** log10 of ratios by layer: tracked, and computed directly in float64. */
interface Logs {
  readonly tracked: readonly number[];
  readonly direct: readonly number[];
  /** log10 of |res|, and of its proven bound. */
  readonly residuals: readonly number[];
  readonly bounds: readonly number[];
}

async function logs({ seed }: Context): Promise<Logs> {
  const rng = new Rng(seed);
  const shape = {
    layers: LAYERS,
    heads: 4,
    width: WIDTH,
    hidden: 0,
    norms: 'none',
    bias: 0,
    dtype: 'float64',
    spread: 1 / Math.sqrt(WIDTH),
  } as const;
  using encoder = randomEncoder(shape, rng);
  return await scope(async () => {
    const tokens = normal(rng, [TOKENS, WIDTH], 1, 'float64');
    const layers = await trackedLayers(encoder.model);
    const start = await matrixOf(tokens);
    const points = trackResidual(start, layers);
    const { points: direct } = await residualCurve(encoder.model, tokens, { variant: 'san' });
    const certified = await certifyNetwork(start, layers);
    return {
      tracked: points.map(({ logRatio }) => logRatio),
      direct: direct.map(({ ratio }) => Math.log10(ratio.mean)),
      residuals: points.map(({ logResidual }: TrackedPoint) => logResidual),
      bounds: certified.layers.map(({ logMeanBound }) => logMeanBound),
    };
  });
}

async function matrixOf(t: Tensor): Promise<Matrix> {
  const [rows, columns] = t.shape as [number, number];
  return matrix(rows, columns, Float64Array.from(await t.data<'float64'>()));
}

/** How the logarithm of the ratio grows from layer to layer: 3 for the law. */
function growth(list: readonly number[], layer: number): number {
  return Math.log((list[layer] as number) / (list[layer - 1] as number));
}

function lawChart({ tracked, direct }: Logs): Chart {
  return chart({
    title: 'Digits by which tokens are one',
    caption:
      'Minus log10 of the residual ratio of pure attention. The law is a straight line of slope log 3 here; float64 stops at 16 digits.',
    x: { label: 'layer' },
    y: { label: 'digits', log: true },
    series: [
      { name: 'tracked without cancellation', points: digits(tracked) },
      { name: 'computed directly in float64', points: digits(direct) },
    ],
  });
}

/** Layers at which a digit is lost at all. */
function digits(list: readonly number[]): (readonly [number, number])[] {
  return list.map((log, layer) => [layer, -log] as const).filter(([, digit]) => digit > 0.01);
}

export const lawExperiments: readonly Experiment[] = [
  {
    id: 'rank-collapse/law-ratio',
    paper,
    claim: 'Six layers of pure attention leave less than 1e-100 of the differences between tokens.',
    measures: 'log10 of the residual ratio behind layer 6, tracked without cancellation',
    baseline: 'computed directly in float64',
    bar: { atMost: -100 },
    async run(context) {
      const all = await logs(context);
      return {
        measured: all.tracked[LAYERS] as number,
        baseline: all.direct[LAYERS] as number,
        figures: [lawChart(all)],
      };
    },
  },
  {
    id: 'rank-collapse/law-slope',
    paper,
    claim: 'Each layer multiplies the logarithm of the ratio by 3: the rate is doubly exponential.',
    measures:
      'distance of the slope of log |log ratio| between layers 5 and 6 from 1.10, whose neighbourhood log 3 = 1.0986 lies in',
    baseline: 'distance of the slope that a direct computation in float64 shows',
    bar: { atMost: 0.06 },
    async run(context) {
      const { tracked, direct } = await logs(context);
      return {
        measured: Math.abs(growth(tracked, LAYERS) - 1.1),
        baseline: Math.abs(growth(direct, LAYERS) - 1.1),
        notes: [`The slope is ${growth(tracked, LAYERS).toFixed(4)}, log 3 is ${Math.log(3).toFixed(4)}.`],
      };
    },
  },
  {
    id: 'rank-collapse/law-bound',
    paper,
    claim: 'No layer leaves more than its certificate allows.',
    measures: 'largest log10 of the residual over its proven bound',
    baseline: 'log10 of 1, which a violated bound would exceed',
    bar: { atMost: 0 },
    async run(context) {
      const { residuals, bounds } = await logs(context);
      return {
        measured: Math.max(...bounds.map((bound, layer) => (residuals[layer + 1] as number) - bound)),
        baseline: 0,
      };
    },
  },
];

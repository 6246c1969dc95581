/** Residual curves of random encoders (the paper's Figure 2): without skips tokens become one within a few layers. */
import { type Chart, type Context, chart, type Experiment } from '@saccade/lab';
import { type ResidualCurve, residualCurve, type Variant } from '@saccade/rank-collapse';
import { layerNorm, Rng, scope } from '@saccade/tensor';
import { paper } from './paper.js';
import { normal, randomEncoder } from './random-encoder.js';

const variants: readonly { readonly name: string; readonly variant: Variant }[] = [
  { name: 'attention alone', variant: 'san' },
  { name: 'attention and MLP', variant: 'san+mlp' },
  { name: 'attention with skip', variant: 'san+skip' },
  { name: 'transformer', variant: 'transformer' },
];

const [SAMPLES, TOKENS, WIDTH, LAYERS] = [8, 32, 64, 12];

/** Mean ratios by layer, of each variant. */
type Ratios = ReadonlyMap<string, readonly number[]>;

const known = new Map<string, Ratios>();

/** @param spread standard deviation of the weights */
async function ratios(spread: number, { seed }: Context): Promise<Ratios> {
  const key = `${seed} ${spread}`;
  const found = known.get(key) ?? (await measured(spread, seed));
  known.set(key, found);
  return found;
}

async function measured(spread: number, seed: number): Promise<Ratios> {
  const sums = new Map(variants.map(({ name }) => [name, new Array<number>(LAYERS + 1).fill(0)]));
  for (let sample = 0; sample < SAMPLES; sample++) {
    const rng = new Rng(1000 * seed + sample);
    const shape = {
      layers: LAYERS,
      heads: 4,
      width: WIDTH,
      hidden: 4 * WIDTH,
      norms: 'post',
      bias: 0,
      dtype: 'float64',
      spread,
    } as const;
    using encoder = randomEncoder(shape, rng);
    await scope(async () => {
      const tokens = layerNorm(normal(rng, [TOKENS, WIDTH], 1, 'float64'));
      for (const { name, variant } of variants) {
        const { points }: ResidualCurve = await residualCurve(encoder.model, tokens, { variant });
        for (const { layer, ratio } of points) (sums.get(name) as number[])[layer]! += ratio.mean / SAMPLES;
      }
    });
  }
  return sums;
}

/** Below rounding a ratio says nothing. */
const FLOOR = 1e-15;

function ratioChart(all: Ratios, weights: string): Chart {
  return chart({
    title: `How far tokens are from one, ${weights}`,
    caption: `Mean over ${SAMPLES} random encoders of the composite norm of the residual over that of the tokens, in float64; ratios below 1e-15 are not drawn.`,
    x: { label: 'layer' },
    y: { label: 'residual ratio', log: true },
    series: [...all].map(([name, list]) => ({
      name,
      points: list.map((ratio, layer) => [layer, ratio] as const).filter(([, ratio]) => ratio > FLOOR),
    })),
  });
}

const large = 1 / Math.sqrt(WIDTH);
const ratioOf = (all: Ratios, name: string, layer: number): number =>
  (all.get(name) as readonly number[])[layer] as number;

export const curveExperiments: readonly Experiment[] = [
  {
    id: 'rank-collapse/curve-without-skip',
    paper,
    claim: 'Attention alone makes tokens one within four layers, with weights N(0, 1/d).',
    measures: 'mean residual ratio behind layer 4',
    baseline: 'the same with skips',
    bar: { atMost: 1e-4 },
    async run(context) {
      const all = await ratios(large, context);
      return {
        measured: ratioOf(all, 'attention alone', 4),
        baseline: ratioOf(all, 'attention with skip', 4),
        figures: [ratioChart(all, 'weights N(0, 1/d)')],
      };
    },
  },
  {
    id: 'rank-collapse/curve-with-skip',
    paper,
    claim: 'Skips keep tokens apart: they slow the collapse down, though they do not stop it with weights this large.',
    measures: 'mean residual ratio behind layer 4 with skips, weights N(0, 1/d)',
    baseline: 'the same without skips',
    bar: { atLeast: 0.5 },
    async run(context) {
      const all = await ratios(large, context);
      return { measured: ratioOf(all, 'attention with skip', 4), baseline: ratioOf(all, 'attention alone', 4) };
    },
  },
  {
    id: 'rank-collapse/curve-small-weights',
    paper,
    claim:
      'With the weights that transformers start from, N(0, 0.02), attention alone has one token left behind layer 12.',
    measures: 'mean residual ratio behind layer 12',
    baseline: 'that of the whole transformer',
    bar: { atMost: 1e-6 },
    async run(context) {
      const all = await ratios(0.02, context);
      return {
        measured: ratioOf(all, 'attention alone', LAYERS),
        baseline: ratioOf(all, 'transformer', LAYERS),
        figures: [ratioChart(all, 'weights N(0, 0.02)')],
      };
    },
  },
  {
    id: 'rank-collapse/curve-transformer',
    paper,
    claim: 'The whole transformer keeps its tokens apart with the same weights.',
    measures: 'mean residual ratio behind layer 12 of the whole transformer, weights N(0, 0.02)',
    baseline: 'that of attention alone',
    bar: { atLeast: 0.9 },
    async run(context) {
      const all = await ratios(0.02, context);
      return { measured: ratioOf(all, 'transformer', LAYERS), baseline: ratioOf(all, 'attention alone', LAYERS) };
    },
  },
];

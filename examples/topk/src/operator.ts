/** Claims about the operator alone: what the exact top-k is the limit of, how good sampled gradients are, what the choice looks like. */
import { chart, type Experiment, table } from '@saccade/lab';
import { mul, Rng, sum, type Tensor, tensor, valueAndGradOf } from '@saccade/tensor';
import { type EstimateHealth, gradientHealth, type PerturbedGradient, type TopKOptions, topK } from '@saccade/topk';
import { paper } from './paper.js';

/** The gradient by the scores of sum(weights * cotangent). */
async function gradient(scores: Tensor, cotangent: Tensor, options: TopKOptions): Promise<Float32Array> {
  const [, byScore] = valueAndGradOf(scores, () => sum(mul(topK(scores, options).toDense(), cotangent)));
  return await byScore.data();
}

const add = (a: number, b: number): number => a + b;

/** What a claim says beside its number. @throws if it does not hold */
function require(holds: boolean, what: string): void {
  if (!holds) throw new Error(`expected ${what}`);
}

/** Largest entry of each row [rows, n]. */
function rowMaxima(dense: Float32Array, n: number): number[] {
  return Array.from({ length: dense.length / n }, (_, r) => Math.max(...dense.subarray(r * n, (r + 1) * n)));
}

function estimate(estimates: readonly EstimateHealth[], gradient: PerturbedGradient): EstimateHealth {
  return estimates.find((one) => one.gradient === gradient) as EstimateHealth;
}

/** A table of how good the gradients are. */
function healthTable(title: string, estimates: readonly EstimateHealth[]) {
  return table({
    title,
    caption:
      'Twelve draws of 500 samples against the exact gradient. Where diag (the released code) has the larger cosine, it points closer to the true gradient though it is biased: its bias does not go away with more samples.',
    head: ['gradient', 'cosine', 'error', 'bias', 'deviation'],
    rows: [
      ['exact', 1, 0, 0, 0],
      ...estimates.map(({ gradient, cosine, relativeError, bias, deviation }) => [
        gradient,
        ...[cosine, relativeError, bias, deviation].map((value) => Number(value.toPrecision(3))),
      ]),
    ],
  });
}

const exactness: Experiment[] = [
  {
    id: 'topk/exact-is-the-limit',
    paper,
    claim: 'The exact operator is what sampling comes to with ever more samples.',
    measures: 'largest difference of a weight to the mean of 200,000 samples (n = 40, k = 5)',
    baseline: 'the same for 2,000 samples',
    bar: { atMost: 5e-3 },
    async run({ seed, progress }) {
      const rng = new Rng(seed);
      const x = rng.uniform([1, 40]) as unknown as Tensor;
      const exact = await topK(x, { k: 5 }).toDense().data();
      const points: [number, number][] = [];
      for (const samples of [200, 2000, 20_000, 200_000]) {
        const sampled = await topK(x, { k: 5, method: 'perturbed', samples, rng }).toDense().data();
        points.push([samples, Math.max(...sampled.map((value, i) => Math.abs(value - (exact[i] as number))))]);
        await progress(points.length / 4, `${samples} samples`);
      }
      return {
        measured: (points[3] as [number, number])[1],
        baseline: (points[1] as [number, number])[1],
        figures: [
          chart({
            title: 'Distance of the sampled from the exact operator',
            x: { label: 'samples', log: true },
            y: { label: 'largest difference', log: true },
            series: [{ name: 'one run', points }],
          }),
        ],
      };
    },
  },
  {
    id: 'topk/exact-conserves',
    paper,
    claim: 'Exact rows are distributions, and adding a constant to all scores changes nothing.',
    measures: 'larger of |sum of the gradient| / |gradient| / 100 and the distance of a row sum from 1',
    baseline: 'the diagonal gradient of the released code, likewise',
    bar: { atMost: 1e-6 },
    async run({ seed }) {
      const rng = new Rng(seed);
      const x = rng.uniform([1, 40]) as unknown as Tensor;
      const g = rng.normal([1, 5, 40]) as unknown as Tensor;
      const leak = (grad: Float32Array): number => Math.abs(grad.reduce(add, 0)) / Math.hypot(...grad) / 100;
      const sums = await topK(x, { k: 5 }).weights.sum({ axis: 2 }).data();
      const off = Math.max(...sums.map((total) => Math.abs(total - 1)));
      const diag = await gradient(x, g, { k: 5, method: 'perturbed', grad: 'diag', rng });
      return { measured: Math.max(off, leak(await gradient(x, g, { k: 5 }))), baseline: leak(diag) };
    },
  },
];

const health: Experiment[] = [
  {
    id: 'topk/sampled-gradient-of-900',
    paper,
    claim:
      'With the paper’s 500 samples a sampled gradient of 10 of 900 points roughly the right way only with a baseline.',
    measures: 'mean cosine to the exact gradient, with the leave-one-out baseline',
    baseline: 'without a baseline',
    bar: { atLeast: 0.3 },
    async run({ seed, signal }) {
      const { estimates } = await gradientHealth({ n: 900, k: 10, seed, signal });
      require(estimate(estimates, 'plain').cosine < 0.25, 'the gradient without a baseline below 0.25');
      return {
        measured: estimate(estimates, 'full').cosine,
        baseline: estimate(estimates, 'plain').cosine,
        figures: [healthTable('Gradients for 10 of 900', estimates)],
      };
    },
  },
  {
    id: 'topk/baseline-reduces-error',
    paper,
    claim: 'The leave-one-out baseline makes the sampled gradient several times less wrong.',
    measures: 'squared error without a baseline over that with it (10 of 900)',
    unit: 'x',
    baseline: 'no baseline',
    bar: { atLeast: 5 },
    async run({ seed, signal }) {
      const { estimates } = await gradientHealth({ n: 900, k: 10, seed: seed + 1, signal });
      return {
        measured: estimate(estimates, 'plain').relativeError / estimate(estimates, 'full').relativeError,
        baseline: 1,
      };
    },
  },
  {
    id: 'topk/sampled-gradient-of-144',
    paper,
    claim: 'For fewer elements, 8 of 144, the sampled gradient with a baseline is good.',
    measures: 'mean cosine to the exact gradient, with the leave-one-out baseline',
    baseline: 'without a baseline',
    bar: { atLeast: 0.7 },
    async run({ seed, signal }) {
      const { estimates } = await gradientHealth({ n: 144, k: 8, seed, signal });
      require(estimate(estimates, 'plain').cosine < 0.4, 'the gradient without a baseline below 0.4');
      return {
        measured: estimate(estimates, 'full').cosine,
        baseline: estimate(estimates, 'plain').cosine,
        figures: [healthTable('Gradients for 8 of 144', estimates)],
      };
    },
  },
  {
    id: 'topk/released-gradient-breaks-shift',
    paper,
    claim: 'The gradient of the released code is not one: shifting all scores would change the choice of 1 of 2.',
    measures: '|sum of the gradient| over its first entry, of the released diagonal',
    baseline: 'of the full sampled gradient',
    bar: { atLeast: 0.9 },
    async run({ seed }) {
      const x = tensor([[0, 0]]) as unknown as Tensor;
      const g = tensor([[[1, 0]]]) as unknown as Tensor;
      const share = async (grad: PerturbedGradient): Promise<number> => {
        const rng = new Rng(seed);
        const both = await gradient(x, g, { k: 1, method: 'perturbed', samples: 20_000, grad, rng });
        return Math.abs(both.reduce(add, 0) / (both[0] as number));
      };
      const [exact] = await gradient(x, g, { k: 1 });
      const full = await share('full');
      require(full < 0.1, 'the full gradient to sum to less than a tenth of its first entry');
      return {
        measured: await share('diag'),
        baseline: full,
        notes: [
          `The exact derivative is ${exact?.toFixed(5)}; in closed form 1 / (2 sigma sqrt(pi)) = ${(1 / (0.1 * Math.sqrt(Math.PI))).toFixed(5)}.`,
        ],
      };
    },
  },
];

const shape: Experiment[] = [
  {
    id: 'topk/rows-by-position-are-sharp',
    paper,
    claim: 'Rows sorted by position stay sharp where equally good patches would blur each other by value.',
    measures: 'smallest row maximum for scores 1 0 1 0 1 0 0 0, by position',
    baseline: 'largest row maximum by value',
    bar: { atLeast: 0.99 },
    async run() {
      const scores = [1, 0, 1, 0, 1, 0, 0, 0];
      const maxima = async (order: 'position' | 'value'): Promise<number[]> =>
        rowMaxima(await topK(scores, { k: 3, order }).toDense().data(), 8);
      const byValue = Math.max(...(await maxima('value')));
      require(byValue < 0.4, 'rows by value below 0.4');
      return { measured: Math.min(...(await maxima('position'))), baseline: byValue };
    },
  },
  {
    id: 'topk/hard-limit',
    paper,
    claim: 'With little noise the operator is the hard top-k.',
    measures: 'distance from the one-hot rows where the gap is 8 sigma',
    baseline: 'where it is 1 sigma',
    bar: { atMost: 1e-6 },
    async run() {
      const distance = async (sigma: number): Promise<number> => {
        const soft = await topK([0.8, 0.7, 0.3, 0.2], { k: 2, sigma }).toDense().data();
        return Math.max(...[1, 0, 0, 0, 0, 1, 0, 0].map((hard, i) => Math.abs(hard - (soft[i] as number))));
      };
      const soft = await distance(0.4);
      require(soft > 0.1, 'the choice to be soft where the gap is 1 sigma');
      return { measured: await distance(0.4 / 8), baseline: soft };
    },
  },
];

/** All of them. */
export const operatorExperiments: readonly Experiment[] = [...exactness, ...health, ...shape];

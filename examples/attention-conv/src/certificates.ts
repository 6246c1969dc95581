/** How far attention is from the convolution that it was made from, against what its certificate allows. */
import { certify, convToAttention, type Measurement } from '@saccade/attention-conv';
import { chart, type Experiment, type Point } from '@saccade/lab';
import { conv2d, Rng, scope, transpose } from '@saccade/tensor';
import { type Case, randomCases } from './convolutions.js';
import { paper } from './paper.js';

const alphas = [1, 2, 4, 6, 8, 10, 12, 14, 16, 20, 24, 32, 46, 64, 128];

/** What a conversion of a case shows on its images. */
async function measured({ conv, images }: Case, alpha: number, border: 'pad' | 'sink'): Promise<Measurement> {
  const made = convToAttention(conv, { alpha, border });
  try {
    return await certify(made, conv, images);
  } finally {
    made.layer.dispose();
  }
}

/** The slope of the logarithm of y against x, by least squares. */
function logSlope(points: readonly Point[]): number {
  const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => Math.log(y))];
  const [x0, y0] = [mean(xs), mean(ys)];
  const products = xs.map((x, i) => (x - x0) * ((ys[i] as number) - y0));
  return mean(products) / mean(xs.map((x) => (x - x0) ** 2));
}

/** Errors of the first case by alpha. */
async function errorsByAlpha(seed: number, border: 'pad' | 'sink'): Promise<Point[]> {
  const [first] = randomCases(seed, 'float64') as [Case];
  const points: Point[] = [];
  for (const alpha of alphas) points.push([alpha, (await measured(first, alpha, border)).maxAbs]);
  return points;
}

export const certificateExperiments: readonly Experiment[] = [
  {
    id: 'attention-conv/certificate',
    paper,
    claim:
      'The certificate holds: attention is never further from the convolution than it allows, at any sharpness, for any form of convolution.',
    measures: 'largest measured error / certificate, over all convolutions, borders and alphas, in float32 and float64',
    unit: 'x',
    baseline: 'the limit, 1',
    bar: { atMost: 1 },
    async run({ seed, progress }) {
      let worst = 0;
      for (const dtype of ['float32', 'float64'] as const) {
        const cases = randomCases(seed, dtype);
        for (const [i, one] of cases.entries()) {
          const borders =
            (one.conv.paddingMode ?? 'zeros') === 'zeros' ? (['pad', 'sink'] as const) : (['pad'] as const);
          for (const border of borders) {
            for (const alpha of alphas) {
              const { maxAbs, bound } = await measured(one, alpha, border);
              worst = Math.max(worst, maxAbs / bound);
            }
          }
          await progress((i + (dtype === 'float64' ? cases.length : 0)) / (2 * cases.length), `${one.name}, ${dtype}`);
        }
      }
      const [pad, sink] = [await errorsByAlpha(seed, 'pad'), await errorsByAlpha(seed, 'sink')];
      return {
        measured: worst,
        baseline: 1,
        figures: [
          chart({
            title: 'From blur to convolution: a 3 x 3 kernel',
            x: { label: 'alpha' },
            y: { label: 'largest error', log: true },
            series: [
              { name: 'image padded', points: pad.filter(([, y]) => y > 1e-16) },
              { name: 'sink', points: sink.filter(([, y]) => y > 1e-16) },
            ],
          }),
        ],
      };
    },
  },
  ...(['pad', 'sink'] as const).map(
    (border): Experiment => ({
      id: `attention-conv/slope-${border}`,
      paper,
      claim:
        border === 'pad'
          ? 'The error falls as e^-alpha when the image is padded.'
          : 'With a sink in the place of padding it falls as e^(-alpha / 2).',
      measures: 'distance of the slope of ln(error) against alpha, from 8 to 16, from what the theory says',
      baseline: `the slope in theory, ${border === 'pad' ? -1 : -0.5}`,
      bar: { atMost: 0.05 },
      async run({ seed }) {
        const expected = border === 'pad' ? -1 : -0.5;
        const points = (await errorsByAlpha(seed, border)).filter(([alpha]) => alpha >= 8 && alpha <= 16);
        return { measured: Math.abs(logSlope(points) - expected), baseline: expected };
      },
    }),
  ),
  {
    id: 'attention-conv/as-exact',
    paper,
    claim: 'At alpha 128 in float32, attention is as exact as a convolution.',
    measures:
      "error of the attention layer, evaluated as attention, / error of conv2d, both against float64: a 3 x 3 kernel's largest of 20 images",
    unit: 'x',
    baseline: 'a convolution in float32, 1',
    bar: { atMost: 2 },
    async run({ seed }) {
      const rng = new Rng(seed);
      const weight = rng.normal([4, 3, 3, 3]);
      const images = rng.normal([20, 12, 12, 3]);
      const { layer } = convToAttention({ weight, padding: 1 }, { alpha: 128 });
      const exact = scope(() => {
        const wide = convToAttention({ weight: weight.cast('float64'), padding: 1 }, { alpha: 1024 }).layer;
        return wide.forward(images.cast('float64')).dataSync<'float64'>();
      });
      const error = (values: ArrayLike<number>): number =>
        exact.reduce((most, value, i) => Math.max(most, Math.abs(value - (values[i] as number))), 0);
      const attention = error(layer.forward(images, { evaluation: 'separable' }).dataSync());
      const filter = transpose(weight, [2, 3, 1, 0]);
      const convolution = error(conv2d(images, filter, { padding: [[1, 1], [1, 1]] }).dataSync()); // biome-ignore format: pairs
      layer.dispose();
      return {
        measured: attention / convolution,
        baseline: 1,
        notes: [`Attention: ${attention.toExponential(2)}; conv2d: ${convolution.toExponential(2)}.`],
      };
    },
  },
  {
    id: 'attention-conv/native-border',
    paper,
    claim: 'Attention that nothing is done for at the border is a convolution with replicate padding.',
    measures: 'largest difference of the two at alpha 128 in float32',
    baseline: 'the same attention against zero padding',
    bar: { atMost: 1e-5 },
    async run({ seed }) {
      const rng = new Rng(seed);
      const weight = rng.normal([3, 2, 3, 3]);
      const images = rng.normal([2, 8, 8, 2]);
      const conv = { weight, padding: 1, paddingMode: 'replicate' } as const;
      const made = convToAttention(conv, { border: 'native' });
      const { maxAbs } = await certify(made, conv, images);
      const { maxAbs: zeros } = await certify(made, { weight, padding: 1 }, images);
      made.layer.dispose();
      return { measured: maxAbs, baseline: zeros };
    },
  },
];

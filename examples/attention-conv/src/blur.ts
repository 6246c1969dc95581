/** Narrow heads as truncated windows: right where the release's version of it is not. */
import { blur, type Covariance, QuadraticAttention } from '@saccade/attention-conv';
import { type Experiment, table } from '@saccade/lab';
import { assign, Rng, scope, tensor } from '@saccade/tensor';
import { paper } from './paper.js';

const RADIUS = 3;

/** Largest difference between windows and the whole image, and the part of the weight that windows leave out. */
function compare(seed: number, spread: number, away: number, covariance: Covariance) {
  const rng = new Rng(seed);
  using layer = new QuadraticAttention({ inputs: 3, outputs: 4, heads: 4, covariance, rng });
  return scope(() => {
    assign(layer.centers, rng.uniform([4, 2], { low: -away, high: away }));
    const spreads = covariance === 'full' ? [[spread, 0], [0, spread]] : spread; // biome-ignore format: a matrix
    assign(layer.spreads, tensor(new Array(4).fill(spreads)));
    const images = rng.normal([2, 12, 12, 3]);
    const { output, truncatedMass } = blur(layer, images, { radius: RADIUS });
    return { apart: output.sub(layer.forward(images)).abs().max().item(), truncatedMass };
  });
}

export const blurExperiments: readonly Experiment[] = [
  {
    id: 'attention-conv/blur',
    paper,
    claim:
      'Heads of spread 1.5 and more, computed in windows of 7 x 7 pixels, give what attention to the whole image gives.',
    measures: 'largest difference for centres up to one pixel away, isotropic and full covariance, unit normal images',
    baseline: 'spread 1, of which windows leave out more',
    bar: { atMost: 2e-4 },
    async run({ seed }) {
      const rows: string[][] = [];
      let worst = 0;
      for (const [spread, away] of [
        [2, 1],
        [1.5, 1],
        [1.2, 1],
        [1, 0],
      ] as const) {
        // biome-ignore format: pairs
        for (const covariance of ['isotropic', 'full'] as const) {
          const { apart, truncatedMass } = compare(seed, spread, away, covariance);
          if (spread >= 1.5) worst = Math.max(worst, apart);
          rows.push([`${spread}`, `${away}`, covariance, apart.toExponential(1), truncatedMass.toExponential(1)]);
        }
      }
      const head = ['spread', 'centres within', 'covariance', 'difference', 'weight left out'];
      return {
        measured: worst,
        baseline: compare(seed, 1, 1, 'isotropic').apart,
        figures: [table({ title: 'Windows of 7 x 7 pixels', head, rows })],
      };
    },
  },
];

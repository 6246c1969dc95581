/** A softmax that factorises need not be computed pixel by pixel. */
import { type ForwardOptions, QuadraticAttention } from '@saccade/attention-conv';
import type { Experiment } from '@saccade/lab';
import { Rng, scope, type Tensor } from '@saccade/tensor';
import { paper } from './paper.js';

const ROUNDS = 5;

export const speedExperiments: readonly Experiment[] = [
  {
    id: 'attention-conv/separable',
    paper,
    claim: 'Gaussian attention computed axis by axis gives the same in a small part of the time.',
    measures:
      'time pixel by pixel / time axis by axis, 32 x 32 pixels of 64 channels, 9 heads: the best of five rounds each',
    unit: 'x',
    baseline: 'both the same, 1',
    bar: { atLeast: 8 },
    async run({ seed, progress }) {
      const rng = new Rng(seed);
      using layer = new QuadraticAttention({ inputs: 64, heads: 9, rng });
      const images = rng.normal([2, 32, 32, 64]) as Tensor;
      const run = (evaluation: NonNullable<ForwardOptions['evaluation']>): Tensor =>
        layer.forward(images, { evaluation });
      const best = { separable: Number.POSITIVE_INFINITY, tiled: Number.POSITIVE_INFINITY };
      for (let round = 0; round < ROUNDS; round++) {
        for (const evaluation of ['separable', 'tiled'] as const) {
          const start = performance.now();
          scope(() => void run(evaluation).dataSync());
          best[evaluation] = Math.min(best[evaluation], performance.now() - start);
        }
        await progress((round + 1) / ROUNDS);
      }
      const apart = scope(() => run('separable').sub(run('tiled')).abs().max().item());
      if (!(apart <= 1e-5)) throw new Error(`the two differ by ${apart}`);
      return {
        measured: best.tiled / best.separable,
        baseline: 1,
        notes: [
          `${best.tiled.toFixed(0)} ms against ${best.separable.toFixed(1)} ms; the results differ by ${apart.toExponential(1)}.`,
        ],
      };
    },
  },
];

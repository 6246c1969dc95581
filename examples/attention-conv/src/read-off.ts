/** What ConViT's layers start as can be read off their weights. */
import { GatedPositionalAttention, headReport } from '@saccade/attention-conv';
import { type Experiment, table } from '@saccade/lab';
import { Rng } from '@saccade/tensor';

export const readOffExperiments: readonly Experiment[] = [
  {
    id: 'attention-conv/convit',
    paper: {
      title: 'ConViT: Improving Vision Transformers with Soft Convolutional Inductive Biases (d’Ascoli et al. 2021)',
      url: 'https://arxiv.org/abs/2103.10697',
    },
    claim:
      'Where the heads of a gated layer look, and how sharply, is read exactly from its weights: whole pixels for odd kernels, halves for even ones.',
    measures: 'largest distance of centres and alphas from those that the layers were started with, 4, 9 and 16 heads',
    baseline: 'distance of the mean offset of the attention itself, which the width blurs',
    bar: { atMost: 0 },
    async run({ seed }) {
      let [worst, blurred] = [0, 0];
      const rows: string[][] = [];
      for (const heads of [4, 9, 16]) {
        const taps = Math.sqrt(heads);
        const middle = (taps - 1) / 2;
        for (const strength of [0.5, 1, 2]) {
          using layer = new GatedPositionalAttention({
            channels: 2 * heads,
            heads,
            localityStrength: strength,
            rng: new Rng(seed),
          });
          for (const { head, center, alpha, meanShift, maxProb, status } of headReport(layer)) {
            const expected = [(head % taps) - middle, Math.floor(head / taps) - middle];
            const away = (at: readonly number[]): number =>
              Math.max(...at.map((v, i) => Math.abs(v - (expected[i] as number))));
            worst = Math.max(worst, away(center ?? [Infinity]), Math.abs((alpha ?? Infinity) - strength));
            blurred = Math.max(blurred, away(meanShift));
            if (heads === 9 && strength === 1) {
              rows.push([String(head), String(center), String(alpha), maxProb.toFixed(3), status]);
            }
          }
        }
      }
      return {
        measured: worst,
        baseline: blurred,
        figures: [
          table({
            title: 'Nine heads at the start',
            head: ['head', 'centre', 'alpha', 'largest weight', 'kind'],
            rows,
          }),
        ],
        notes: ['At alpha 1 no head looks at one pixel alone: the layer is not yet a convolution.'],
      };
    },
  },
];

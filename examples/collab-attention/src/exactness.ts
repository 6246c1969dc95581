/** Layers in the shared form at their full rank, and the scale that a compressed layer must keep. */
import { CollaborativeAttention } from '@saccade/collab-attention';
import type { Experiment } from '@saccade/lab';
import { Rng, scope } from '@saccade/tensor';
import { apart, heads, ordinary, planted, randomLayer, width } from './layers.js';
import { paper } from './paper.js';

export const exactnessExperiments: readonly Experiment[] = [
  {
    id: 'collab-attention/exact',
    paper,
    claim: 'At its full rank the shared form computes what ordinary heads compute, with biases and masks.',
    measures: 'largest difference of any output, over ten random layers',
    baseline: 'the same without the content bias, which stands for the biases of the queries',
    bar: { atMost: 1e-5 },
    async run({ seed, progress }) {
      let [worst, without] = [0, Number.POSITIVE_INFINITY];
      for (let i = 0; i < 10; i++) {
        await scope(async () => {
          const rng = new Rng(seed).derive(i);
          const weights = randomLayer(rng);
          const x = rng.normal([2, 9, width]);
          const mask = rng.uniform([2, 1, 9, 9]).greater(0.2);
          const expected = ordinary(weights, x, { mask });
          const { layer } = await CollaborativeAttention.fromConcatenated(weights, { heads, rank: width });
          worst = Math.max(worst, apart(layer.forward(x, { mask }), expected));
          const { queryBias: _, ...unbiased } = weights;
          const plain = await CollaborativeAttention.fromConcatenated(unbiased, { heads, rank: width });
          without = Math.min(without, apart(plain.layer.forward(x, { mask }), expected));
          layer.dispose();
          plain.layer.dispose();
        });
        await progress((i + 1) / 10);
      }
      return { measured: worst, baseline: without };
    },
  },
  {
    id: 'collab-attention/scale',
    paper,
    claim:
      'A compressed layer keeps its outputs if it keeps the scale of its scores; the release divides them by another number.',
    measures: 'largest difference of any output from the layer before, 24 dimensions to 12 that hold everything',
    baseline: "the release's scale, sqrt(heads / shared dimensions)",
    bar: { atMost: 1e-3 },
    async run({ seed }) {
      return scope(async () => {
        const rng = new Rng(seed);
        const { query, key } = planted(rng, 12);
        // Twelve rows a head, that is 48 in all, of which twelve would do.
        const rest = randomLayer(rng);
        const weights = { ...rest, queryWeight: query.mul(0.2), keyWeight: key.mul(0.2) };
        const [queryBias, keyBias] = [rng.normal([48]), rng.normal([48])];
        const x = rng.normal([2, 9, width]);
        const expected = ordinary({ ...weights, queryBias, keyBias }, x, {});
        const converted = await CollaborativeAttention.fromConcatenated(
          { ...weights, queryBias, keyBias },
          { heads, rank: 12, seed },
        );
        const { layer } = converted;
        const released = new CollaborativeAttention({ ...layer.config, scale: 'released', rng });
        released.loadStateDict(layer.stateDict());
        const [measured, baseline] = [layer, released].map((one) => apart(one.forward(x), expected)) as [
          number,
          number,
        ];
        layer.dispose();
        released.dispose();
        return {
          measured,
          baseline,
          notes: [`Relative error of the decomposition: ${converted.error.toExponential(1)}.`],
        };
      });
    },
  },
];

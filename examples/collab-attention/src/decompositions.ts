/** What the decomposition finds, and what it never does. */
import { decompose } from '@saccade/collab-attention';
import type { Experiment } from '@saccade/lab';
import { Rng, scope } from '@saccade/tensor';
import { heads, planted } from './layers.js';
import { paper } from './paper.js';

const LAYERS = 100;

export const decompositionExperiments: readonly Experiment[] = [
  {
    id: 'collab-attention/planted',
    paper,
    claim: 'Where heads share directions exactly, these are found.',
    measures: 'relative error of the scores at the rank that was planted',
    baseline: "the release's random start, the mean of five",
    bar: { atMost: 1e-5 },
    async run({ seed, progress }) {
      return scope(async () => {
        const { query, key } = planted(new Rng(seed), 12);
        const { error } = await decompose(query, key, { heads, rank: 12, seed });
        let sum = 0;
        for (let i = 0; i < 5; i++) {
          const { history } = await decompose(query, key, { heads, rank: 12, init: 'uniform', seed: seed + i });
          sum += history.at(-1) as number;
          await progress((i + 1) / 5);
        }
        return { measured: error, baseline: sum / 5 };
      });
    },
  },
  {
    id: 'collab-attention/never-worse',
    paper,
    claim: 'No decomposition is worse than the best truncation of each head by itself.',
    measures: `of ${LAYERS} random layers at random ranks, those with a larger error`,
    unit: '',
    baseline: "those where the release's random start alone is worse",
    bar: { atMost: 0 },
    full: true,
    async run({ seed, progress }) {
      let [worse, alone] = [0, 0];
      for (let i = 0; i < LAYERS; i++) {
        await scope(async () => {
          const rng = new Rng(seed).derive(i);
          const rank = 1 + Math.floor(rng.number() * 23);
          const [query, key] = [rng.normal([24, 24]), rng.normal([24, 24])];
          const found = await decompose(query, key, { heads, rank, seed: i });
          if (found.error > found.headSvdError + 1e-7) worse++;
          const released = await decompose(query, key, { heads, rank, init: 'uniform', seed: i });
          // Another start was taken because this one came out worse.
          if (released.start !== 'uniform') alone++;
        });
        await progress((i + 1) / LAYERS);
      }
      return { measured: worse, baseline: alone };
    },
  },
];

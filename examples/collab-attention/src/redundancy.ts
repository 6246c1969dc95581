/** Heads need their dimensions, all heads together do not. */
import { dimensionsFor, energy } from '@saccade/collab-attention';
import { chart, type Experiment, type Point } from '@saccade/lab';
import { paper } from './paper.js';
import { HEADS } from './recall-model.js';
import { KEY_DIM, trainedModel } from './trained-model.js';

const SHARE = 0.9;

export const redundancyExperiments: readonly Experiment[] = [
  {
    id: 'collab-attention/redundancy',
    paper,
    claim: 'Each trained head needs most of its key dimensions, but the keys of all heads together need few.',
    measures: 'part of all key dimensions that holds 90 % of the energy of the stacked weights',
    unit: '%',
    baseline: 'part of its own dimensions that a head needs, on average',
    bar: { atMost: 35 },
    async run(context) {
      const { model, attention } = await trainedModel(context);
      const found = await energy(attention.query.weight, attention.key.weight, { heads: HEADS });
      attention.dispose();
      model.dispose();
      const each = KEY_DIM / HEADS;
      const own = found.heads.reduce((sum, curve) => sum + dimensionsFor(SHARE, curve) / each / HEADS, 0);
      const together = Math.max(dimensionsFor(SHARE, found.query), dimensionsFor(SHARE, found.key)) / KEY_DIM;
      const points = (curve: readonly number[], all: number): Point[] =>
        curve.map((held, i) => [(100 * (i + 1)) / all, 100 * held]);
      return {
        measured: 100 * together,
        baseline: 100 * own,
        figures: [
          chart({
            title: 'Energy in the largest singular values',
            x: { label: 'part of the dimensions, %' },
            y: { label: 'energy, %' },
            series: [
              { name: 'one head', points: points(found.heads[0] as number[], each) },
              { name: 'all queries', points: points(found.query, KEY_DIM) },
              { name: 'all keys', points: points(found.key, KEY_DIM) },
            ],
          }),
        ],
      };
    },
  },
];

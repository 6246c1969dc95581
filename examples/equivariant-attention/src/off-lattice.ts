/** Turns by 45 degrees, which do not map pixels to pixels: what the form of the neighbourhood is worth there. */
import { groups } from '@saccade/equivariant-attention';
import { type Chart, type Context, chart, type Experiment } from '@saccade/lab';
import { paper } from './paper.js';
import { type Patch, turnError } from './turn-error.js';

/** Layers of random weights, each with a picture of its own. */
const LAYERS = 24;
const patches = [5, 7, 9] as const;
const shapes = ['square', 'disc', 'soft'] as const;

/** Mean errors by patch and shape. */
type Errors = ReadonlyMap<string, number>;

const known = new Map<number, Errors>();

function keyOf({ patch, neighbourhood }: Patch): string {
  return `${neighbourhood} ${patch}`;
}

/** Measured once for each seed. */
async function errors({ seed, progress }: Context): Promise<Errors> {
  const found = known.get(seed);
  if (found !== undefined) return found;
  const means = new Map<string, number>();
  const all = patches.flatMap((patch) => shapes.map((neighbourhood) => ({ patch, neighbourhood })));
  for (const [i, look] of all.entries()) {
    let sum = 0;
    for (let layer = 0; layer < LAYERS; layer++) {
      sum += turnError(look, groups.p8, 1, 1000 * seed + layer);
      await progress((i + layer / LAYERS) / all.length, `patch ${look.patch}, ${look.neighbourhood}`);
    }
    means.set(keyOf(look), sum / LAYERS);
  }
  known.set(seed, means);
  return means;
}

function errorOf(all: Errors, patch: number, neighbourhood: Patch['neighbourhood']): number {
  return all.get(keyOf({ patch, neighbourhood })) as number;
}

function errorChart(all: Errors): Chart {
  return chart({
    title: 'Turned by 45 degrees',
    caption: `Error of the lifting layer over the spread of its output, on smooth pictures of 33 x 33; means of ${LAYERS} layers of random weights.`,
    x: { label: 'patch', names: patches.map((patch) => `${patch} x ${patch}`) },
    y: { label: 'error' },
    series: shapes.map((shape) => ({
      name: shape,
      points: patches.map((patch, i) => [i, errorOf(all, patch, shape)] as const),
      style: 'bars' as const,
    })),
  });
}

export const offLatticeExperiments: readonly Experiment[] = [
  {
    id: 'equivariant-attention/off-lattice-disc',
    paper,
    claim: 'A disc in the place of the square patch keeps the error of a turn by 45 degrees small.',
    measures: 'error of a lifting layer, patch 5, over the spread of its output',
    baseline: 'the square patch of the paper',
    bar: { atMost: 0.05 },
    async run(context) {
      const all = await errors(context);
      return {
        measured: errorOf(all, 5, 'disc'),
        baseline: errorOf(all, 5, 'square'),
        figures: [errorChart(all)],
      };
    },
  },
  {
    id: 'equivariant-attention/off-lattice-gain',
    paper,
    claim: 'It is at most a third of the error of the square.',
    measures: 'error of the square over that of the disc, patch 5',
    unit: 'x',
    baseline: 'the square itself, 1',
    bar: { atLeast: 3 },
    async run(context) {
      const all = await errors(context);
      return { measured: errorOf(all, 5, 'square') / errorOf(all, 5, 'disc'), baseline: 1 };
    },
  },
  {
    id: 'equivariant-attention/off-lattice-soft',
    paper,
    claim: 'A disc that fades keeps it small for larger patches too.',
    measures: 'error of a lifting layer, patch 9, over the spread of its output',
    baseline: 'the square patch of the paper',
    bar: { atMost: 0.04 },
    async run(context) {
      const all = await errors(context);
      return { measured: errorOf(all, 9, 'soft'), baseline: errorOf(all, 9, 'square') };
    },
  },
];

/** Exactness: layers of random weights respect every element that maps pixels to pixels, and those that were released do not. */
import type { Encoding, GroupIndex, GroupName } from '@saccade/equivariant-attention';
import { type Context, type Experiment, type Table, table } from '@saccade/lab';
import { paper } from './paper.js';
import { certified, largestError, type ReleasedErrors, releasedErrors } from './two-layers.js';

const names: readonly GroupName[] = ['p4', 'p8', 'p4m', 'mz2'];
const indices: readonly GroupIndex[] = ['keyPose', 'relative', 'pair'];

async function exactError(dtype: 'float32' | 'float64', { seed, progress }: Context): Promise<number> {
  let worst = 0;
  for (const [i, group] of names.entries()) {
    worst = Math.max(worst, largestError(await certified({ group, encoding: 'exact' }, dtype, seed)));
    await progress((i + 1) / names.length, group);
  }
  return worst;
}

/** Layers of random weights over which errors of releases are averaged: they differ much from one to the next. */
const LAYERS = 8;

/** Means over layers. */
function released(encoding: Encoding, group: GroupName, { seed }: Context): ReleasedErrors {
  const all = Array.from({ length: LAYERS }, (_, i) => releasedErrors({ encoding, group }, 1000 * seed + i));
  const mean = (name: keyof ReleasedErrors): number => all.reduce((sum, errors) => sum + errors[name], 0) / LAYERS;
  return { lifting: mean('lifting'), group: mean('group'), anyOrder: mean('anyOrder') };
}

const short = (error: number): string => error.toExponential(1);

/** What is proved and measured of each group and index. */
async function certificates({ seed }: Context): Promise<Table> {
  const rows: string[][] = [];
  for (const group of names) {
    for (const groupIndex of indices) {
      const kind = { group, encoding: 'exact', groupIndex } as const;
      const single = await certified(kind, 'float32', seed);
      const double = groupIndex === 'keyPose' ? short(largestError(await certified(kind, 'float64', seed))) : '';
      rows.push([group, groupIndex, single.verdict.kind, short(largestError(single)), double]);
    }
  }
  return table({
    title: 'A lifting layer and a group layer, 9 x 9 pixels, patch 5',
    caption: 'Elements that map pixels to pixels. p8 has four more, for which nothing can be exact.',
    head: ['group', 'index', 'proof', 'error, float32', 'error, float64'],
    rows,
  });
}

/** Errors of the layers that were released. */
function releases(context: Context): Table {
  const kinds = [
    ...names.map((group) => ({ group, encoding: 'paper2021' as const })),
    ...names.map((group) => ({ group, encoding: 'gevit2023' as const })),
  ];
  return table({
    title: 'The layers that were released',
    caption:
      'Largest error, mean of 8 layers of random weights. A release turns features by a law of its own: elements of the lifting layer are compared in the order that fits best, those of the group layer in the same, and, in the last column, each with whichever fits best, which is less than any order leaves.',
    head: ['release', 'group', 'lifting layer', 'group layer', 'in any order'],
    rows: kinds.map((kind) => {
      const { lifting, group, anyOrder } = released(kind.encoding, kind.group, context);
      return [kind.encoding, kind.group, short(lifting), short(group), short(anyOrder)];
    }),
  });
}

export const exactnessExperiments: readonly Experiment[] = [
  {
    id: 'equivariant-attention/exact',
    paper,
    claim: 'Lifting and group attention respect every turn and mirror that maps pixels to pixels, to rounding.',
    measures: 'largest |f(Tx) - T f(x)| / |f| over p4, p8, p4m and mz2, random weights, float32',
    baseline: 'the layer that was released with the paper, on p4',
    bar: { atMost: 2e-6 },
    async run(context) {
      return {
        measured: await exactError('float32', context),
        baseline: released('paper2021', 'p4', context).group,
        figures: [await certificates(context)],
      };
    },
  },
  {
    id: 'equivariant-attention/exact-float64',
    paper,
    claim: 'In float64 they are as much more exact as float64 is.',
    measures: 'the same in float64',
    baseline: 'in float32',
    bar: { atMost: 1e-13 },
    async run(context) {
      return { measured: await exactError('float64', context), baseline: await exactError('float32', context) };
    },
  },
  {
    id: 'equivariant-attention/released-2021',
    paper,
    claim: 'The group layer that was released with the paper is not equivariant.',
    measures:
      'largest error, mean of 8 layers, of p4 or p4m whichever is less; elements in the order in which its lifting layer turns them',
    baseline: 'ours',
    bar: { atLeast: 0.03 },
    async run(context) {
      const errors = (['p4', 'p4m'] as const).map((group) => released('paper2021', group, context).group);
      return {
        measured: Math.min(...errors),
        baseline: await exactError('float32', context),
        figures: [releases(context)],
      };
    },
  },
  {
    id: 'equivariant-attention/released-2023',
    paper,
    claim: 'That of the follow-up, GE-ViT, is for rotations, but not once there are mirrors.',
    measures: 'the same on p4m',
    baseline: 'on p4',
    bar: { atLeast: 0.03 },
    async run(context) {
      return {
        measured: released('gevit2023', 'p4m', context).group,
        baseline: released('gevit2023', 'p4', context).group,
      };
    },
  },
];

/** Digits turned by any angle, of which only quarter turns map pixels to pixels. */
import { type Cell, type Chart, chart, type Experiment, type Point, type Table, table } from '@saccade/lab';
import { paper } from './paper.js';
import { LONG, type NetRun, type RotatedRun, rotatedRun, STEPS } from './rotated-nets.js';

/** Training may take so long. */
const MINUTES = 10;

function curves(run: RotatedRun, over: 'step' | 'seconds'): Chart {
  const points = (name: keyof RotatedRun): Point[] => run[name].curve.map((at) => [at[over], at.right]);
  return chart({
    title: over === 'step' ? 'At equal steps' : 'At equal time',
    caption:
      over === 'step'
        ? 'Of 2,000 validation images, each turned by any angle. The rate falls to 0 towards the end.'
        : 'The same over the seconds that training took; looking at validation images does not count.',
    x: { label: over === 'step' ? 'steps of 32 images' : 'seconds' },
    y: { label: 'read right, %' },
    series: [
      { name: 'z2', points: points('z2') },
      { name: `z2, ${LONG} steps`, points: points('long') },
      { name: 'p4', points: points('p4') },
    ],
  });
}

function accuracies({ z2, p4, long }: RotatedRun): Table {
  const row = (name: string, steps: number, { right, symmetrised, seconds }: NetRun): Cell[] => {
    return [name, steps, `${right.toFixed(2)} %`, `${symmetrised.toFixed(2)} %`, `${seconds.toFixed(0)} s`];
  };
  return table({
    title: 'Rotated MNIST, 14 x 14',
    caption:
      'Of 10,000 test images, each turned by any angle; then the network averaged over the four turns of each image, symmetrise(z2), which takes four times as long to answer.',
    head: ['network', 'steps', 'read right', 'averaged', 'training'],
    rows: [row('z2', STEPS, z2), row('z2', LONG, long), row('p4', STEPS, p4)],
  });
}

/** What p4 reads of the test images, if training took no longer than it may; else of the validation images when its time was up. */
function withinTime({ p4 }: RotatedRun): number {
  if (p4.seconds <= 60 * MINUTES) return p4.right;
  return p4.curve.filter(({ seconds }) => seconds <= 60 * MINUTES).at(-1)?.right ?? 0;
}

const needs = {
  full: true,
  needs: 'mnist',
  needsFrom: "A folder mnist with MNIST's four files; rotated ones are made of them where there are none.",
} as const;

export const rotatedMnistExperiments: readonly Experiment[] = [
  {
    id: 'equivariant-attention/rotated-mnist',
    paper,
    claim: 'Digits turned by any angle are learned in ten minutes.',
    measures: `test images read right, p4, ${STEPS} steps, trained for at most ${MINUTES} minutes`,
    unit: '%',
    baseline: 'the plain network, z2, after as many steps',
    bar: { atLeast: 85 },
    ...needs,
    async run(context) {
      const run = await rotatedRun(context);
      const figures = [accuracies(run), curves(run, 'step'), curves(run, 'seconds')];
      return { measured: withinTime(run), baseline: run.z2.right, figures };
    },
  },
  {
    id: 'equivariant-attention/rotated-mnist-gain',
    paper,
    claim: 'After as many steps it reads more than the plain network.',
    measures: 'points by which p4 reads more test images than z2',
    unit: '%',
    baseline: 'what z2 reads',
    bar: { atLeast: 1 },
    ...needs,
    async run(context) {
      const { z2, p4 } = await rotatedRun(context);
      return { measured: p4.right - z2.right, baseline: z2.right };
    },
  },
  {
    id: 'equivariant-attention/rotated-mnist-time',
    paper,
    claim: 'And more than the plain network that is trained for about as long.',
    measures: `points by which p4 reads more test images than z2 after ${LONG} steps`,
    unit: '%',
    baseline: 'what that z2 reads',
    bar: { atLeast: 1 },
    ...needs,
    async run(context) {
      const { long, p4 } = await rotatedRun(context);
      return {
        measured: p4.right - long.right,
        baseline: long.right,
        notes: [`Training took p4 ${p4.seconds.toFixed(0)} s, and z2 ${long.seconds.toFixed(0)} s.`],
      };
    },
  },
  {
    id: 'equivariant-attention/rotated-mnist-symmetrised',
    paper,
    claim: 'And more than either of these averaged over the four turns of each image.',
    measures: 'points by which p4 reads more test images than the better symmetrise(z2)',
    unit: '%',
    baseline: 'what symmetrise(z2) reads',
    bar: { atLeast: 1 },
    ...needs,
    async run(context) {
      const { z2, long, p4 } = await rotatedRun(context);
      const symmetrised = Math.max(z2.symmetrised, long.symmetrised);
      return { measured: p4.right - symmetrised, baseline: symmetrised };
    },
  },
];

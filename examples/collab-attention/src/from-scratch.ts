/** How few key dimensions heads need when they share them from the start. */
import { CollaborativeAttention } from '@saccade/collab-attention';
import { type Context, type Experiment, table } from '@saccade/lab';
import { Rng } from '@saccade/tensor';
import { OrdinaryAttention } from './ordinary-attention.js';
import { paper } from './paper.js';
import { HEADS, percentRight, RecallModel, train, WIDTH } from './recall-model.js';

const STEPS = 400;

/** What is trained: heads of their own, or that share. */
interface Kind {
  readonly name: string;
  readonly keyDim: number;
  readonly shared: boolean;
}

async function trained(kind: Kind, { seed, signal, progress }: Context, place: number, of: number): Promise<number> {
  const rng = new Rng(seed);
  const attention = kind.shared
    ? new CollaborativeAttention({ width: WIDTH, heads: HEADS, sharedDim: kind.keyDim, rng })
    : new OrdinaryAttention(WIDTH, HEADS, kind.keyDim, rng);
  using model = new RecallModel(attention, rng);
  await train(model, {
    ...{ steps: STEPS, rate: 3e-3, seed, signal },
    onStep: (done, loss) => progress((place + done) / of, `${kind.name}, loss ${loss.toFixed(3)}`),
  });
  return percentRight(model);
}

async function all(kinds: readonly Kind[], context: Context): Promise<number[]> {
  const right: number[] = [];
  for (const [i, kind] of kinds.entries()) right.push(await trained(kind, context, i, kinds.length));
  return right;
}

const ordinary = (keyDim: number): Kind => ({ name: `${keyDim} dimensions of ordinary heads`, keyDim, shared: false });
const shared = (keyDim: number): Kind => ({ name: `${keyDim} shared dimensions`, keyDim, shared: true });

export const fromScratchExperiments: readonly Experiment[] = [
  {
    id: 'collab-attention/from-scratch',
    paper,
    claim:
      'Trained from scratch, eight heads that share two key dimensions recall what ordinary heads cannot with four times as many.',
    measures: 'questions answered with 2 shared dimensions',
    unit: '%',
    baseline: '8 dimensions of ordinary heads, one a head',
    bar: { atLeast: 97 },
    async run(context) {
      const kinds = context.full
        ? [shared(2), ordinary(8), shared(4), shared(8), ordinary(16)]
        : [shared(2), ordinary(8)];
      const right = await all(kinds, context);
      const rows = kinds.map(({ name }, i) => [name, `${(right[i] as number).toFixed(1)} %`]);
      const figures = [table({ title: 'Trained for 400 steps', head: ['keys', 'answered'], rows })];
      return { measured: right[0] as number, baseline: right[1] as number, figures };
    },
  },
  {
    id: 'collab-attention/ordinary-needs-more',
    paper,
    claim: 'One key dimension a head is too few for ordinary heads.',
    measures: 'questions answered with 8 dimensions of ordinary heads',
    unit: '%',
    baseline: '16 of them',
    bar: { atMost: 80 },
    full: true,
    async run(context) {
      const [measured, baseline] = (await all([ordinary(8), ordinary(16)], context)) as [number, number];
      return { measured, baseline };
    },
  },
];

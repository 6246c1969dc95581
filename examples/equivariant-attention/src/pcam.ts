/** The certificate finds what the paper's network for PatchCamelyon hides: a pool of 7 pixels to 3. */
import { type Certificate, certify, type GroupAttentionNet, pcamNet } from '@saccade/equivariant-attention';
import { type Context, type Experiment, type Table, table } from '@saccade/lab';
import { Rng } from '@saccade/tensor';
import { paper } from './paper.js';

const sides = [88, 96, 104] as const;
/** Quarter and half turn. */
const elements = [1, 2];

/** What is proved of images of one side, and measured on one, where that was asked for. */
async function certificate(side: number, samples: number, seed: number): Promise<Certificate> {
  const { net } = built(side, seed);
  using network = net;
  const shape = [side, side, 3];
  return await certify(network, 'p4', { shape, samples, seed, elements: samples > 0 ? elements : undefined });
}

/** The network, and what building it warned of. */
function built(size: number, seed: number): { readonly net: GroupAttentionNet; readonly warnings: readonly string[] } {
  const warnings: string[] = [];
  const { warn } = console;
  console.warn = (text: string) => void warnings.push(text);
  try {
    return { net: pcamNet({ group: 'p4', size, rng: new Rng(seed) }), warnings };
  } finally {
    console.warn = warn;
  }
}

/** Whether the certificate says of a side what is so. */
function isRight(side: number, { verdict }: Certificate): boolean {
  if (side !== 96) return verdict.kind === 'exact';
  return verdict.kind === 'broken' && /pool/.test(verdict.layer) && /7/.test(verdict.reason);
}

function verdicts(all: readonly (readonly [side: number, certificate: Certificate])[]): Table {
  return table({
    title: 'The network for PatchCamelyon, p4',
    head: ['side', 'verdict'],
    rows: all.map(([side, { summary }]) => [side, summary]),
  });
}

async function proofs({ seed, progress }: Context): Promise<(readonly [number, Certificate])[]> {
  const all: (readonly [number, Certificate])[] = [];
  for (const [i, side] of sides.entries()) {
    all.push([side, await certificate(side, 0, seed)]);
    await progress((i + 1) / sides.length, `side ${side}`);
  }
  return all;
}

const moved = ({ elements: all }: Certificate): number => Math.max(...all.map(({ error }) => error ?? Number.NaN));

export const pcamExperiments: readonly Experiment[] = [
  {
    id: 'equivariant-attention/pcam-certificate',
    paper,
    claim: 'The certificate finds that the published network for 96 x 96 pixels is not equivariant, and where.',
    measures: 'right verdicts, of sides 88, 96 and 104: broken at the pool of 7 pixels for 96, exact for the others',
    baseline: 'the published code, which says nothing',
    bar: { atLeast: 3 },
    async run(context) {
      const all = await proofs(context);
      const { net, warnings } = built(96, context.seed);
      net.dispose();
      return {
        measured: all.filter(([side, found]) => isRight(side, found)).length,
        baseline: 0,
        figures: [verdicts(all)],
        notes: warnings.map((text) => `Building it says: ${text}`),
      };
    },
  },
  {
    id: 'equivariant-attention/pcam-moves',
    paper,
    claim: 'With a side of 88 pixels turns move its logits by rounding alone.',
    measures: 'largest change of the logits under quarter and half turns over their size, random weights',
    baseline: 'the same with the published side of 96',
    bar: { atMost: 1e-5 },
    async run({ seed, progress }) {
      const right = moved(await certificate(88, 1, seed));
      await progress(0.5, 'side 88');
      return { measured: right, baseline: moved(await certificate(96, 1, seed)) };
    },
  },
];

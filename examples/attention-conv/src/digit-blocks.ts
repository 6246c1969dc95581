/** Blocks of attention, of convolution, and of neither, read handwritten digits of 8 x 8 pixels. */
import { AttentionBlock, type AttentionLayer, QuadraticAttention } from '@saccade/attention-conv';
import { type Context, chart, type Experiment, type Point } from '@saccade/lab';
import { Conv2d, Lambda, Linear, Sequential } from '@saccade/nn';
import { mean, Rng, scope, type Tensor } from '@saccade/tensor';
import { loadDigits } from './digits.js';
import { paper } from './paper.js';
import { percentRight, predict, train } from './train.js';

const CHANNELS = 24;
const EPOCHS = 30;

/** What mixes the pixels in a block. */
type Mixing = 'Gaussian attention' | 'convolution' | 'no positions';

function mixing(kind: Mixing, rng: Rng): AttentionLayer {
  if (kind === 'Gaussian attention') return new QuadraticAttention({ inputs: CHANNELS, heads: 9, rng });
  if (kind === 'convolution') return new Conv2d(CHANNELS, CHANNELS, 3, { padding: 'same', rng });
  // Attention that cannot tell places apart looks everywhere alike.
  const everywhere = new Lambda((x: Tensor) => mean(x, { axis: [1, 2], keepDims: true }).add(x.mul(0)));
  return new Sequential(new Linear(CHANNELS, CHANNELS, { rng }), everywhere);
}

/** Of all pixels the mean, and the deviation from it. */
const ink = { mean: 0.3053, deviation: 0.376 };
const standardised = (images: Tensor): Tensor => scope(() => images.sub(ink.mean).div(ink.deviation));

function network(kind: Mixing, rng: Rng): Sequential {
  const block = (): AttentionBlock =>
    new AttentionBlock(mixing(kind, rng), { channels: CHANNELS, intermediate: 4 * CHANNELS, dropout: 0, rng });
  return new Sequential(
    new Lambda(standardised),
    new Linear(1, CHANNELS, { rng }),
    block(),
    block(),
    new Lambda((x: Tensor) => mean(x, { axis: [1, 2] })),
    new Linear(CHANNELS, 10, { rng }),
  );
}

interface Trained {
  /** Test images that are read right, in percent. */
  readonly right: number;
  readonly losses: readonly Point[];
}

/** @param place of this training among `of` of them, for the progress */
async function trained(kind: Mixing, { seed, signal, progress }: Context, place: number, of: number): Promise<Trained> {
  const { train: digits, test } = loadDigits(seed);
  using model = network(kind, new Rng(seed));
  const losses: Point[] = [];
  await train(model, digits, {
    epochs: EPOCHS,
    rate: 6e-3,
    seed,
    signal,
    onStep: async ({ epoch, loss }, done) => {
      losses.push([losses.length, loss]);
      await progress((place + done) / of, `${kind}, epoch ${epoch + 1} of ${EPOCHS}, loss ${loss.toFixed(3)}`);
    },
  });
  return { right: await percentRight(await predict(model, test), test), losses };
}

function lossChart(runs: ReadonlyMap<Mixing, Trained>) {
  return chart({
    title: 'Two blocks learn to read digits',
    x: { label: 'step' },
    y: { label: 'loss', log: true },
    series: [...runs].map(([name, { losses }]) => ({ name, points: losses.filter((_, i) => i % 5 === 0) })),
  });
}

export const digitBlockExperiments: readonly Experiment[] = [
  {
    id: 'attention-conv/digits',
    paper,
    claim: 'Two blocks of attention by position alone read digits nearly as well as two blocks of convolution.',
    measures: 'points by which the convolution reads more of 500 test images',
    unit: '%',
    baseline: 'the same without positions: how many points behind the convolution it is',
    bar: { atMost: 5 },
    full: true,
    async run(context) {
      const runs = new Map<Mixing, Trained>();
      const kinds: readonly Mixing[] = ['Gaussian attention', 'convolution', 'no positions'];
      for (const [i, kind] of kinds.entries()) runs.set(kind, await trained(kind, context, i, kinds.length));
      const right = (kind: Mixing): number => runs.get(kind)!.right;
      return {
        measured: right('convolution') - right('Gaussian attention'),
        baseline: right('convolution') - right('no positions'),
        figures: [lossChart(runs)],
        notes: [kinds.map((kind) => `${kind}: ${right(kind).toFixed(1)} %`).join('; ')],
      };
    },
  },
  {
    id: 'attention-conv/digits-attention',
    paper,
    claim: 'Attention by position alone reads digits; attention that knows no positions cannot.',
    measures: 'of 500 test images, those that two blocks of Gaussian attention read right',
    unit: '%',
    baseline: 'the same without positions',
    bar: { atLeast: 92 },
    full: true,
    async run(context) {
      const gaussian = await trained('Gaussian attention', context, 0, 2);
      const blind = await trained('no positions', context, 1, 2);
      return { measured: gaussian.right, baseline: blind.right };
    },
  },
];

/** Networks of `@saccade/nn` read handwritten digits: the small images that ship with this example, and MNIST. */
import type { Context, Experiment, Outcome } from '@saccade/lab';
import {
  type Batches,
  batches,
  type Dataset,
  inMemory,
  loadMnist,
  mapBatches,
  type Sequential,
  type StepEvent,
} from '@saccade/nn';
import { Rng, roll } from '@saccade/tensor';
import { loadDigits } from './src/data.js';
import { digitSheet, lossChart } from './src/figures.js';
import { largeNetwork, linearClassifier, smallNetwork } from './src/networks.js';
import { type Digits, percentRight, predict, train } from './src/train.js';

/** Trains a network and the classifier it is measured against, and shows what came of it. */
async function compare(
  { seed, signal, progress }: Context,
  digits: Digits,
  test: Digits,
  network: Sequential,
  data: Batches<Digits>,
  { epochs, rate }: { readonly epochs: number; readonly rate: number },
): Promise<Outcome> {
  const total = epochs * data.steps;
  const onStep = ({ epoch, step, loss }: StepEvent): Promise<void> =>
    progress((epoch * data.steps + step) / total, `epoch ${epoch + 1} of ${epochs}, loss ${loss.toFixed(3)}`);
  const started = performance.now();
  const losses = await train(network, data, { epochs, rate, signal, onStep });
  const seconds = (performance.now() - started) / 1000;
  const predictions = await predict(network, test);
  const pixels = test.images.size / test.labels.size;
  using plain = linearClassifier(pixels, new Rng(seed));
  const plainData = batches(digits, { size: 64, seed });
  await train(plain, plainData, { epochs: Math.ceil(3000 / plainData.steps), rate: 1e-2, signal });
  return {
    measured: await percentRight(predictions, test),
    baseline: await percentRight(await predict(plain, test), test),
    figures: [lossChart(losses), await digitSheet(test, predictions)],
    notes: [
      `${network.size.toLocaleString('en')} weights, ${total} steps of Adam in ${seconds.toFixed(1)} s on ${data.examples.toLocaleString('en')} images.`,
    ],
  };
}

/** Each batch moved by up to two pixels: what a digit is does not depend on where it stands. */
function moved(data: Dataset<Digits>): Dataset<Digits> {
  return mapBatches(data, async ({ images, labels }, { rng }) => {
    const [down, right] = (await rng.integers([2], -2, 3).data<'int32'>()) as unknown as [number, number];
    return { images: roll(roll(images, down, 1), right, 2), labels };
  });
}

/** The claims about digits. */
export const experiments: readonly Experiment[] = [
  {
    id: 'digits/accuracy',
    claim: 'A small convolutional network reads handwritten digits after seconds of training.',
    measures: 'test images of 8 x 8 pixels that are read right',
    unit: '%',
    baseline: 'a linear classifier',
    bar: { atLeast: 98 },
    async run(context) {
      const { train: digits, test } = loadDigits();
      using network = smallNetwork(new Rng(context.seed));
      const data = batches(digits, { size: 32, seed: context.seed, dropLast: true });
      return await compare(context, digits, test, network, data, { epochs: 12, rate: 3e-3 });
    },
  },
  {
    id: 'digits/mnist',
    paper: { title: 'Gradient-based learning applied to document recognition (LeCun et al. 1998)' },
    claim: 'The same with batch norm reads MNIST, from a third of its training images.',
    measures: 'of the 10,000 test images, those that are read right',
    unit: '%',
    baseline: 'a linear classifier',
    bar: { atLeast: 98.5 },
    needs: 'mnist',
    needsFrom:
      'The four files of MNIST (train-images-idx3-ubyte.gz and so on) in a folder mnist; the first 20,000 training images are enough.',
    async run(context) {
      const { train: digits, test } = await loadMnist(context.data('mnist'), { limit: 20_000 });
      using network = largeNetwork(new Rng(context.seed));
      const data = batches(moved(inMemory(digits)), { size: 64, seed: context.seed });
      return await compare(context, digits, test, network, data, { epochs: context.full ? 12 : 6, rate: 3e-3 });
    },
  },
];

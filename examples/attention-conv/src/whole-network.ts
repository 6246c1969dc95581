/** A convolutional network, trained, becomes attention as a whole. */
import { convertNetwork } from '@saccade/attention-conv';
import { type Experiment, table } from '@saccade/lab';
import { AveragePool2d, BatchNorm, Conv2d, Flatten, inference, Linear, ReLU, Sequential } from '@saccade/nn';
import { Rng, scope } from '@saccade/tensor';
import { loadDigits } from './digits.js';
import { paper } from './paper.js';
import { percentRight, predict, train } from './train.js';

/** Two strided and grouped convolutions, batch norm and pooling: images [batch, 8, 8, 1] to ten scores. */
function network(rng: Rng): Sequential {
  return new Sequential(
    new Conv2d(1, 8, 3, { padding: 'same', rng }),
    new ReLU(),
    new Conv2d(8, 12, 3, { padding: [[1, 1], [1, 1]], stride: 2, bias: false, rng }), // biome-ignore format: pairs
    new BatchNorm(12),
    new ReLU(),
    new Conv2d(12, 12, 3, { padding: 'same', groups: 2, rng }),
    new ReLU(),
    new AveragePool2d(2),
    new Flatten({ channelsFirst: true }),
    new Linear(48, 10, { rng }),
  );
}

/** The same as `convertNetwork` takes it; the borders of the three convolutions are all of their kinds. */
const layers = [
  { kind: 'conv2d', name: '0', padding: 1, border: 'sink' },
  { kind: 'relu' },
  { kind: 'conv2d', name: '2', padding: 1, stride: 2, border: 'pad' },
  { kind: 'batchNorm', name: '3' },
  { kind: 'relu' },
  { kind: 'conv2d', name: '5', padding: 1, groups: 2, border: 'sink' },
  { kind: 'relu' },
  { kind: 'averagePool', size: 2, border: 'native' },
  { kind: 'flatten' },
  { kind: 'linear', name: '9' },
] as const;

export const wholeNetworkExperiments: readonly Experiment[] = [
  {
    id: 'attention-conv/whole-network',
    paper,
    claim: 'A trained convolutional network, converted to attention as a whole, decides as before on every image.',
    measures: 'of 500 test images, those that are read otherwise',
    unit: '',
    baseline: 'the same network converted at alpha 2, not yet sharp',
    bar: { atMost: 0 },
    async run({ seed, signal, progress }) {
      const { train: digits, test } = loadDigits(seed);
      using model = network(new Rng(seed));
      const onStep = ({ loss }: { readonly loss: number }, done: number): Promise<void> =>
        progress(done, `training, loss ${loss.toFixed(3)}`);
      await train(model, digits, { epochs: 8, rate: 5e-3, seed, signal, onStep });
      const before = await predict(model, test);
      const state = model.stateDict();
      const changed = async (alpha: number) => {
        const { network: attention, certificate } = convertNetwork(state, layers, { alpha });
        const logits = scope(() => attention.forward(test.images));
        const after = await logits.argmax({ axis: -1 }).data<'int32'>();
        const own = inference(model, () => model.forward(test.images));
        const apart = scope(() => logits.sub(own).abs().max().item());
        attention.dispose();
        return { count: after.filter((digit, i) => digit !== before[i]).length, apart, certificate };
      };
      const [sharp, soft] = [await changed(128), await changed(2)];
      return {
        measured: sharp.count,
        baseline: soft.count,
        figures: [
          table({
            title: 'Converted',
            head: ['alpha', 'read otherwise', 'largest difference of a score', 'proven'],
            rows: [[128, sharp] as const, [2, soft] as const].map(([alpha, one]) => [
              alpha,
              one.count,
              one.apart.toExponential(1),
              one.certificate.bound.toExponential(1),
            ]),
          }),
        ],
        notes: [`The network reads ${(await percentRight(before, test)).toFixed(1)} % of 500 test images right.`],
      };
    },
  },
];

/** Trains the selector that the page brings, in a few minutes: `npm run train-selector`. Its argument is another file to write. */
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Adam, accuracy, batches, cosine, fit, inMemory } from '@saccade/nn';
import { init, Rng, scope, type Tensor } from '@saccade/tensor';
import { followSigma, generateMegapixelDigits, linearSigma, PatchSelector, saveSelector } from '@saccade/topk';

const path = process.argv[2] ?? fileURLToPath(new URL('../../data/needle-digits.safetensors', import.meta.url));
const [seed, size, epochs] = [1, 32, 8];

await init({ device: 'wasm' });
const selector = new PatchSelector({
  ...{ height: 96, width: 96, channels: 1, classes: 10, patches: 2, patchSize: 32, downscale: 4 },
  rng: new Rng(seed),
  scorer: { kind: 'conv', channels: [4, 8, 16], pool: 2 },
  features: { kind: 'conv', channels: [8, 16, 16], outSize: 32 },
  aggregation: 'max',
  // Cells where their scores are from, so that it can look at images of other sizes.
  align: 'receptive-field',
});
const images = (split: 'train' | 'valid', count: number) => {
  const { images, labels } = generateMegapixelDigits({ seed, split, count });
  return inMemory({ images, labels });
};
const data = batches(images('train', 12_000), { size, seed });
const validation = batches(images('valid', 480), { size, shuffle: false });
const steps = epochs * data.steps;
await fit(selector, {
  ...{ data, epochs, validation },
  loss: ({ images, labels }) => selector.loss(images, labels),
  optimizer: new Adam(selector, { rate: cosine({ rate: 4e-3, steps, warmUp: 50 }), clipValue: 1 }),
  metrics: { accuracy: ({ images, labels }) => scope(() => accuracy(selector.forward(images), labels) as Tensor) },
  onStep: followSigma(selector, linearSigma({ steps })),
  onEpoch: ({ epoch, loss, validation = {} }) =>
    console.log(`epoch ${epoch + 1} of ${epochs}: loss ${loss.toFixed(3)}, right ${validation.accuracy?.toFixed(3)}`),
});
await saveSelector(resolve(path), selector);
// Threads that wait for work would keep it alive.
process.exit();

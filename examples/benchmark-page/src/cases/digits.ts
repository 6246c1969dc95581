/** One training step of the digits network: forward, backward and Adam on images of 8 by 8. */
import { Conv2d, crossEntropy, Flatten, Linear, MaxPool2d, ReLU, Sequential } from '@saccade/nn';
import { Rng, tensor } from '@saccade/tensor';
import type { Case } from '../bench/case.js';
import { saccadeTraining } from '../libraries/saccade.js';
import { tfjsTraining } from '../libraries/tfjs.js';
import { type Input, randomInput } from './inputs.js';
import { startValues } from './start-values.js';

/** The same start values at each call, on every device. */
function network(): Sequential {
  const rng = new Rng(20);
  return new Sequential(
    new Conv2d(1, 16, 3, { rng, padding: 'same' }),
    new ReLU(),
    new Conv2d(16, 32, 3, { rng, padding: 'same' }),
    new ReLU(),
    new MaxPool2d(2),
    new Flatten(),
    new Linear(512, 10, { rng }),
  );
}

function oneHot(labels: Int32Array): Input {
  const values = new Float32Array(labels.length * 10);
  for (const [i, label] of labels.entries()) values[10 * i + label] = 1;
  return { shape: [labels.length, 10], values };
}

export function digitsStep(batch: number): Case {
  return {
    name: `training step, digits, batch ${batch}`,
    torch: { kind: 'digits', sizes: [batch] },
    prepare() {
      const images = randomInput([batch, 8, 8, 1], 21);
      const labels = Int32Array.from({ length: batch }, (_, i) => (7 * i) % 10);
      const start = startValues(network());
      return {
        saccade() {
          const x = tensor(images.values, { shape: images.shape });
          const classes = tensor(labels);
          return saccadeTraining(network(), [x, classes], (model) => crossEntropy(model.forward(x), classes));
        },
        tfjs: (tf) =>
          tfjsTraining(tf, start, [images, oneHot(labels)], (parameter, x, hot) => {
            const layer = (x: Parameters<typeof tf.reshape>[0], name: string) =>
              tf.fused.conv2d({
                x,
                filter: parameter(`${name}.weight`),
                bias: parameter(`${name}.bias`),
                strides: 1,
                pad: 'same',
                activation: 'relu',
              });
            const pooled = tf.maxPool(layer(layer(x!, '0'), '2'), 2, 2, 'valid');
            const features = tf.reshape(pooled, [batch, 512]);
            const logits = tf.add(tf.matMul(features, parameter('6.weight')), parameter('6.bias'));
            return tf.losses.softmaxCrossEntropy(hot!, logits);
          }),
      };
    },
  };
}

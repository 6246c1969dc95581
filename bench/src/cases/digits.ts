/** One training step of the digits network: forward, backward and Adam on 64 images of 8 by 8. */
import { Conv2d, crossEntropy, Flatten, Linear, MaxPool2d, ReLU, Sequential } from '@saccade/nn';
import { Rng, tensor } from '@saccade/tensor';
import { type Case, type Contender, tfjsBar } from '../harness/case.js';
import { randomValues } from '../harness/random-values.js';
import { saccadeTraining, startValues, tfjsTraining } from '../harness/training.js';
import type { Peers } from '../peers/start.js';
import type { Tfjs, TfTensor } from '../peers/tfjs.js';
import { rewrittenConv2d } from '../peers/tfjs-convolution.js';

const batch = 64;

/** The same start values at each call. */
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

const images = (): Float32Array => randomValues(batch * 64, 30).map((value) => (value + 1) / 2);
const labels = (): Int32Array => Int32Array.from({ length: batch }, (_, i) => (7 * i) % 10);

function oneHotLabels(): Float32Array {
  const hot = new Float32Array(batch * 10);
  for (const [i, label] of labels().entries()) hot[10 * i + label] = 1;
  return hot;
}

function saccade(): Contender {
  const x = tensor(images(), { shape: [batch, 8, 8, 1] });
  const classes = tensor(labels());
  return saccadeTraining(network(), [x, classes], (model) => crossEntropy(model.forward(x), classes));
}

type TfLayer = (x: TfTensor, filter: TfTensor, bias: TfTensor) => TfTensor;

function tfjs(tf: Tfjs, layer: TfLayer): Contender {
  const model = network();
  const start = startValues(model);
  model.dispose();
  const x = tf.tensor(images(), [batch, 8, 8, 1]);
  const hot = tf.tensor(oneHotLabels(), [batch, 10]);
  return tfjsTraining(tf, start, [x, hot], (parameter) => {
    const first = layer(x, parameter('0.weight'), parameter('0.bias'));
    const second = layer(first, parameter('2.weight'), parameter('2.bias'));
    const features = tf.reshape(tf.maxPool(second, 2, 2, 'valid'), [batch, 512]);
    const logits = tf.add(tf.matMul(features, parameter('6.weight')), parameter('6.bias'));
    return tf.losses.softmaxCrossEntropy(hot, logits);
  });
}

export function digitsCases({ tfjs: tf }: Peers): Case[] {
  return [
    {
      group: 'training step of the digits network',
      name: 'digits: forward, backward, Adam, batch 64',
      bar: tfjsBar(1.5),
      contenders: {
        saccade,
        // What tfjs's own layers do.
        tfjs:
          tf &&
          (() =>
            tfjs(tf, (x, filter, bias) =>
              tf.fused.conv2d({ x, filter, bias, strides: 1, pad: 'same', activation: 'relu' }),
            )),
        'tfjs rewritten':
          tf &&
          (() => {
            const convolve = rewrittenConv2d(tf);
            return tfjs(tf, (x, filter, bias) => tf.relu(tf.add(convolve(x, filter), bias)));
          }),
      },
    },
  ];
}

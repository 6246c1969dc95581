/** One training step of the digits network: forward, backward and Adam on 64 images of 8 by 8. */
import {
  add,
  conv2d,
  dispose,
  div,
  logSoftmax,
  matmul,
  maxPool,
  mul,
  neg,
  relu,
  reshape,
  scope,
  sqrt,
  sub,
  sum,
  type Tensor,
  tensor,
  valueAndGrad,
} from '@saccade/tensor';
import { type Case, type Contender, tfjsBar } from '../harness/case.js';
import { randomValues } from '../harness/random-values.js';
import type { Peers } from '../peers/start.js';
import type { Tfjs, TfTensor, TfVariable } from '../peers/tfjs.js';
import { rewrittenConv2d } from '../peers/tfjs-convolution.js';

const batch = 64;
const [rate, beta1, beta2, epsilon] = [1e-3, 0.9, 0.999, 1e-8];
/** Steps whose losses are compared before timing. */
const checked = 5;

const parameterShapes: readonly (readonly number[])[] = [[3, 3, 1, 16], [16], [3, 3, 16, 32], [32], [512, 10], [10]];

/** Start values, scaled by the inputs of each unit; the same for all. */
function startValues(): Float32Array[] {
  return parameterShapes.map((shape, i) => {
    const length = shape.reduce((a, b) => a * b, 1);
    const inputs = length / (shape.at(-1) as number);
    return randomValues(length, 20 + i).map((value) => (shape.length === 1 ? 0 : value * Math.sqrt(3 / inputs)));
  });
}

const images = (): Float32Array => randomValues(batch * 64, 30).map((value) => (value + 1) / 2);

function oneHotLabels(): Float32Array {
  const labels = new Float32Array(batch * 10);
  for (let i = 0; i < batch; i++) labels[10 * i + ((7 * i) % 10)] = 1;
  return labels;
}

interface State {
  readonly parameters: Tensor[];
  readonly means: Tensor[];
  readonly squares: Tensor[];
}

function saccadeLoss(parameters: Tensor[], x: Tensor, labels: Tensor): Tensor {
  const [w1, b1, w2, b2, w3, b3] = parameters as [Tensor, Tensor, Tensor, Tensor, Tensor, Tensor];
  const first = relu(conv2d(x, w1, { bias: b1, padding: 'same' }));
  const second = relu(conv2d(first, w2, { bias: b2, padding: 'same' }));
  const features = reshape(maxPool(second, { size: 2 }), [batch, 512]);
  const logits = add(matmul(features, w3), b3);
  return div(neg(sum(mul(labels, logSoftmax(logits)))), batch);
}

/** Adam, equation by equation. */
function adamStep({ parameters, means, squares }: State, gradients: Tensor[], step: number): State {
  const next: State = { parameters: [], means: [], squares: [] };
  parameters.forEach((parameter, i) => {
    const g = gradients[i] as Tensor;
    const m = add(mul(means[i] as Tensor, beta1), mul(g, 1 - beta1));
    const v = add(mul(squares[i] as Tensor, beta2), mul(mul(g, g), 1 - beta2));
    const change = div(div(m, 1 - beta1 ** step), add(sqrt(div(v, 1 - beta2 ** step)), epsilon));
    next.parameters.push(sub(parameter, mul(change, rate)));
    next.means.push(m);
    next.squares.push(v);
  });
  return next;
}

function saccade(): Contender {
  const x = tensor(images(), { shape: [batch, 8, 8, 1] });
  const labels = tensor(oneHotLabels(), { shape: [batch, 10] });
  const filled = (values: Float32Array[]) => values.map((v, i) => tensor(v, { shape: parameterShapes[i]! }));
  const zeros = startValues().map((values) => values.fill(0));
  let state: State = { parameters: filled(startValues()), means: filled(zeros), squares: filled(zeros) };
  let step = 0;
  const differentiate = valueAndGrad((parameters: Tensor[]) => saccadeLoss(parameters, x, labels));
  const train = (): Tensor => {
    const before = state;
    const { loss, after } = scope(() => {
      const [value, gradient] = differentiate(before.parameters);
      step += 1;
      return { loss: value, after: adamStep(before, gradient, step) };
    });
    state = after;
    dispose(before);
    return loss;
  };
  return {
    run: () => train().dispose(),
    values: async () => {
      const losses: number[] = [];
      for (let i = 0; i < checked; i++) {
        const loss = train();
        losses.push(loss.item());
        loss.dispose();
      }
      return Float32Array.from(losses);
    },
    dispose: () => dispose([x, labels, state]),
  };
}

type TfLayer = (x: TfTensor, filter: TfTensor, bias: TfTensor) => TfTensor;

function tfjs(tf: Tfjs, layer: TfLayer): Contender {
  const x = tf.tensor(images(), [batch, 8, 8, 1]);
  const labels = tf.tensor(oneHotLabels(), [batch, 10]);
  const parameters = startValues().map((values, i) => tf.variable(tf.tensor(values, parameterShapes[i]!)));
  const adam = tf.train.adam(rate, beta1, beta2, epsilon);
  const loss = (): TfTensor => {
    const [w1, b1, w2, b2, w3, b3] = parameters as [
      TfVariable,
      TfVariable,
      TfVariable,
      TfVariable,
      TfVariable,
      TfVariable,
    ];
    const first = layer(x, w1, b1);
    const second = layer(first, w2, b2);
    const features = tf.reshape(tf.maxPool(second, 2, 2, 'valid'), [batch, 512]);
    return tf.losses.softmaxCrossEntropy(labels, tf.add(tf.matMul(features, w3), b3));
  };
  const train = (): TfTensor =>
    tf.tidy(() => {
      const { value, grads } = tf.variableGrads(loss);
      adam.applyGradients(grads);
      return value;
    });
  return {
    run: () => train().dispose(),
    values: async () => {
      const losses: number[] = [];
      for (let i = 0; i < checked; i++) {
        const loss = train();
        losses.push(loss.dataSync()[0] as number);
        loss.dispose();
      }
      return Float32Array.from(losses);
    },
    dispose: () => {
      adam.dispose();
      tf.dispose([x, labels, ...parameters]);
    },
  };
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

/** Trains a small network for as many steps as its argument says and prints memory at a tenth of them and at the end. */
import { createWasmDevice, useDevice } from '@saccade/kernels';
import {
  add,
  assign,
  logSoftmax,
  matmul,
  mean,
  memory,
  mul,
  neg,
  relu,
  scope,
  sub,
  sum,
  type Tensor,
  tensor,
  valueAndGrad,
} from '@saccade/tensor';
import { randomInput } from '../harness/random-values.js';
import type { Sample } from './training-memory.js';

const random = (shape: readonly number[], seed: number, scale = 1): Tensor => {
  const { values } = randomInput(shape, seed, scale);
  return tensor(values, { shape });
};

/** Exact memory needs a collected heap. */
function sample(step: number): Sample {
  const collect = (globalThis as { gc?: () => void }).gc;
  if (collect === undefined) throw new Error('training-run needs --expose-gc');
  collect();
  const { heapUsed, rss } = process.memoryUsage();
  const { tensors, bytes } = memory();
  return { step, tensors, device: bytes, heap: heapUsed, rss };
}

useDevice(createWasmDevice({ threads: 1 }));
const steps = Number(process.argv[2]);
const images = random([64, 64], 1);
const labels = tensor(
  Float32Array.from({ length: 640 }, (_, i) => (i % 10 === Math.floor(i / 10) % 10 ? 1 : 0)),
  { shape: [64, 10] },
);

const differentiate = valueAndGrad(([w1, b1, w2, b2]: [Tensor, Tensor, Tensor, Tensor]) => {
  const hidden = relu(add(matmul(images, w1), b1));
  const logits = add(matmul(hidden, w2), b2);
  return neg(mean(sum(mul(labels, logSoftmax(logits)), { axis: -1 })));
});

const parameters: [Tensor, Tensor, Tensor, Tensor] = [
  random([64, 32], 2, 0.2),
  random([32], 3, 0),
  random([32, 10], 4, 0.2),
  random([10], 5, 0),
];
const samples: Sample[] = [];
for (let step = 1; step <= steps; step++) {
  scope(() => {
    const [, gradient] = differentiate(parameters);
    for (const [i, parameter] of parameters.entries())
      assign(parameter, sub(parameter, mul(gradient[i] as Tensor, 0.1)));
  });
  if (step === steps / 10 || step === steps) samples.push(sample(step));
}
console.log(JSON.stringify(samples));

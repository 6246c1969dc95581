/** Losses against PyTorch, on the device under test. */
import { init, memory, scope, sum, type Tensor, valueAndGradOf } from '@saccade/tensor';
import { assertClose, onTestDevice } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  binaryCrossEntropy,
  binaryCrossEntropyOfProbabilities,
  crossEntropy,
  huberLoss,
  meanAbsoluteError,
  meanSquaredError,
  type Reduction,
} from '../src/index.js';
import { golden, Vectors } from './reference.js';

onTestDevice(test, init);

interface Case {
  readonly name: string;
  readonly loss: string;
  readonly options: {
    readonly reduction?: Reduction;
    readonly labelSmoothing?: number;
    readonly ignoreIndex?: number;
    readonly delta?: number;
  };
  readonly inputs: readonly string[];
}

type Inputs = Readonly<Record<string, Tensor>>;

const losses: Record<string, (i: Inputs, o: Case['options']) => Tensor> = {
  cross_entropy: ({ input, target, weight }, o) =>
    crossEntropy(input as Tensor, target as Tensor, {
      reduction: o.reduction,
      smoothing: o.labelSmoothing,
      ignore: o.ignoreIndex,
      weights: weight,
    }),
  binary_cross_entropy_with_logits: ({ input, target, posWeight }, { reduction }) =>
    binaryCrossEntropy(input as Tensor, target as Tensor, { reduction, positiveWeight: posWeight }),
  binary_cross_entropy: ({ input, target }, { reduction }) =>
    binaryCrossEntropyOfProbabilities(input as Tensor, target as Tensor, { reduction }),
  mse_loss: ({ input, target }, { reduction }) => meanSquaredError(input as Tensor, target as Tensor, { reduction }),
  l1_loss: ({ input, target }, { reduction }) => meanAbsoluteError(input as Tensor, target as Tensor, { reduction }),
  huber_loss: ({ input, target }, o) => huberLoss(input as Tensor, target as Tensor, o),
};

const vectors = new Vectors('losses.safetensors');

for (const one of golden<Case[]>('losses.json')) {
  test(`${one.name}: value and gradient are PyTorch's`, async () => {
    const before = memory().tensors;
    await scope(async () => {
      const stored = (part: string): Tensor => vectors.get(`${one.name}/${part}`);
      const inputs = Object.fromEntries(one.inputs.map((name) => [name, stored(`input/${name}`)]));
      const loss = losses[one.loss] as (i: Inputs, o: Case['options']) => Tensor;
      const [[, value], gradient] = valueAndGradOf(inputs.input as Tensor, () => {
        const y = loss(inputs, one.options);
        return [sum(y.mul(stored('seed'))), y] as const;
      });
      const tolerance = { rtol: 1e-5, atol: 1e-6 };
      assertClose(await value.data(), await stored('output').data(), tolerance, 'value');
      assertClose(await gradient.data(), await stored('grad_input/input').data(), tolerance, 'gradient');
    });
    assert.is(memory().tensors, before);
  });
}

test.run();

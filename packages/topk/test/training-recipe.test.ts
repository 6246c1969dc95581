/** The losses, metrics and the optimizer of the paper's code against the reference, in the words of nn. */
import { accuracy, binaryCrossEntropy, crossEntropy, multilabelAccuracy } from '@saccade/nn';
import { memory, OptionError, scope, type Tensor, tensor } from '@saccade/tensor';
import { assertClose, assertThrows } from '@saccade/testing';
import { Golden } from '@saccade/testing/golden';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { releaseAdam, releaseSchedule } from '../src/model/release-recipe.js';
import { assertNear, pullBack } from './golden-modules.js';

interface Scalars {
  readonly optimizer: {
    readonly b1: number;
    readonly b2: number;
    readonly eps: number;
    readonly gradientValueClip: number;
    readonly learningRate: number;
    readonly numTrainSteps: number;
    readonly warmupRatio: number;
    readonly weightDecay: number;
  };
}

const golden = new Golden<Scalars, Tensor>(new URL('golden/training', import.meta.url), tensor);

test('the schedule starts at 0, is whole at the end of its rise and 0 from the end on', () => {
  const schedule = releaseSchedule({ rate: 2, steps: 10, warmUp: 0.25 });
  assertClose([0, 1, 10, 11].map(schedule), [0, 0.8, 0, 0]);
  assertClose(releaseSchedule({ steps: 4 })(0), 1);
  assertClose(schedule(2.5), 2);
});

test('options that make no sense are refused', () => {
  scope(() => {
    const w = tensor([1]);
    assertThrows(() => releaseSchedule({ steps: 0 }), OptionError, /releaseSchedule: steps must be a whole number/);
    assertThrows(() => releaseSchedule({ steps: 1, warmUp: 1 }), OptionError, /warmUp must be a number in \[0, 1\)/);
    assertThrows(() => releaseAdam({ w }, { steps: 1, rate: 0 }), OptionError, /releaseAdam: rate must be .* above 0/);
    assertThrows(() => releaseAdam({ w }, { steps: 1, clipValue: 0 }), OptionError, /clipValue must be a number above/);
    assertThrows(() => releaseAdam({ w }, { steps: 1, weightDecay: -1 }), OptionError, /weightDecay must be a number/);
  });
});

test('decay follows the schedule and not the rate', () => {
  scope(() => {
    for (const rate of [1e-2, 1e-4]) {
      const w = tensor([1]);
      using adam = releaseAdam({ w }, { rate, steps: 10, weightDecay: 0.25 });
      adam.step(new Map([['w', tensor([0])]]));
      assertClose(w.item(), 0.75);
    }
  });
});

test("cross-entropy, its gradient and accuracy are the reference's", () => {
  scope(() => {
    const [logits, labels] = [golden.tensor('logits'), golden.tensor('labels')];
    const { y, gradients } = pullBack(() => crossEntropy(logits, labels), tensor(1), new Map([['x', logits]]));
    assertNear(y, golden.values('cross_entropy'), 1e-5, 'cross_entropy');
    assertNear(gradients.get('x') as Tensor, golden.values('cross_entropy_grad'), 1e-5, 'cross_entropy_grad');
    assertNear(accuracy(logits, labels), golden.values('accuracy'), 1e-5, 'accuracy');
  });
});

test("binary cross-entropy, its gradient and multilabel accuracy are the reference's", () => {
  scope(() => {
    const [logits, targets] = [golden.tensor('bce_logits'), golden.tensor('multilabels')];
    const loss = (): Tensor => binaryCrossEntropy(logits, targets);
    const { y, gradients } = pullBack(loss, tensor(1), new Map([['x', logits]]));
    assertNear(y, golden.values('bce'), 1e-5, 'bce');
    assertNear(gradients.get('x') as Tensor, golden.values('bce_grad'), 1e-5, 'bce_grad');
    const right = multilabelAccuracy(golden.tensor('logits'), targets, { reduction: 'none' });
    assertNear(right, golden.values('multilabel_accuracy'), 1e-5, 'multilabel_accuracy');
  });
});

test("the factors of the learning rate are the reference's", () => {
  const { numTrainSteps: steps, warmupRatio: warmUp } = golden.scalars.optimizer;
  const expected = golden.values('schedule.lr');
  const schedule = releaseSchedule({ steps, warmUp });
  assertClose(
    expected.map((_, step) => schedule(step)),
    expected,
    { atol: 1e-12 },
  );
});

test("six steps of Adam with clipped values and the released decay are the reference's", () => {
  const before = memory().tensors;
  scope(() => {
    const o = golden.scalars.optimizer;
    assert.equal([o.b1, o.b2, o.eps], [0.9, 0.999, 1e-8]);
    const w = golden.tensor('opt.w0');
    using adam = releaseAdam(
      { w },
      {
        rate: o.learningRate,
        steps: o.numTrainSteps,
        warmUp: o.warmupRatio,
        clipValue: o.gradientValueClip,
        weightDecay: o.weightDecay,
      },
    );
    for (let step = 0; step < 6; step++) {
      adam.step(new Map([['w', golden.tensor(`opt.grad${step}`)]]));
      assertNear(w, golden.values(`opt.w${step + 1}`), 1e-5, `w${step + 1}`);
    }
  });
  assert.is(memory().tensors, before);
});

test.run();

/** The whole model: the release's by its vectors, from logits to five steps of training. */
import { crossEntropy, SGD } from '@saccade/nn';
import {
  init,
  memory,
  OptionError,
  Rng,
  ShapeError,
  scope,
  type Tensor,
  transpose,
  valueAndGradOf,
  zeros,
} from '@saccade/tensor';
import { assertClose, assertThrows, onTestDevice, testDevice } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { AttentionImageModel } from '../../src/model/attention-image-model.js';
import type { AttentionKind } from '../../src/model/attention-kinds.js';
import { type ReleasedConfig, releasedModel } from '../../src/model/released-config.js';
import { checkModuleGradients } from '../gradients.js';
import { assertGradients, assertOutput, cases, fill } from '../reference.js';

onTestDevice(test, init);

const rng = new Rng(0);
const small = { classes: 3, channels: 4, layers: 2, heads: 2, intermediate: 5, patch: 2, imageChannels: 1, rng };
const kinds: readonly AttentionKind[] = [
  { kind: 'quadratic', covariance: 'diagonal' },
  { kind: 'learned', scores: 'content', maxPositions: 4 },
  { kind: 'gated', localityStrength: 0.5 },
  { kind: 'content' },
];

test('a model of any attention, for images of one to three axes, gives logits and leaves nothing else', () => {
  const before = memory().tensors;
  scope(() => {
    for (const attention of kinds) {
      for (const extents of [[8], [4, 6], [2, 4, 2]]) {
        const model = new AttentionImageModel({ ...small, dims: extents.length, attention });
        const images = rng.normal([2, ...extents, 1]);
        const count = memory().tensors;
        const [y, pixels] = [model.forward(images), model.features(images)];
        assert.is(memory().tensors, count + 2);
        assert.equal([...y.shape], [2, 3]);
        assert.equal([...pixels.shape], [2, ...extents.map((extent) => extent / 2), 4]);
        assert.equal(model.config.attention, attention);
        model.dispose();
      }
    }
  });
  assert.is(memory().tensors, before);
});

test('bad options and images are typed errors, and a constructor that fails leaves no tensor', () => {
  const before = memory().tensors;
  const refusals: [object, RegExp][] = [
    [{ classes: 0 }, /AttentionImageModel: classes must be a whole number from 1, got 0/],
    [{ dims: 4 }, /dims must be .*, got 4/],
    [{ dropout: 2 }, /dropout must be a number in \[0, 1\], got 2/],
    [{ epsilon: -1 }, /epsilon must be a number from 0, got -1/],
    [{ attention: { kind: 'global' } }, /attention must be of kind quadratic, learned, gated or content, got "global"/],
    [{ attention: { kind: 'quadratic', spread: 1 } }, /spread/],
    [{ attention: { kind: 'gated' }, heads: [2, 3] }, /heads must divide 4 channels, got 3/],
    [{ attention: { kind: 'content' }, heads: 3 }, /heads must divide 4 channels, got 3/],
    [{ stem: { module: undefined, channels: 0 } }, /stem.channels must be a whole number from 1, got 0/],
    [{ rng: undefined }, /needs a source of random numbers/],
    [{ depth: 1 }, /depth/],
  ];
  for (const [options, message] of refusals) {
    assertThrows(() => new AttentionImageModel({ ...small, ...options } as never), OptionError, message);
  }
  assert.is(memory().tensors, before);
  scope(() => {
    const model = new AttentionImageModel(small);
    const message = /AttentionImageModel: images must be \[batch, ...2 axes, 1\], got \[1, 3, 4, 4\]/;
    assertThrows(() => model.forward(zeros([1, 3, 4, 4])), ShapeError, message);
    assertThrows(() => model.forward(zeros([1, 3, 4, 1])), ShapeError, /extents that 2 divides, got \[1, 3, 4, 1\]/);
    model.dispose();
  });
});

if (testDevice === 'wasm') {
  test('gradients by images and all parameters are central differences', async () => {
    const options = { ...small, patch: 1, intermediate: 3, dropout: 0 };
    for (const attention of kinds) {
      const model = new AttentionImageModel({ ...options, layers: 1, attention });
      const x = rng.normal([1, 2, 3, 1]);
      await checkModuleGradients(model, (t) => model.forward(t), x, { tolerance: 1e-4 });
      x.dispose();
      model.dispose();
    }
  });
}

interface Case {
  readonly config: ReleasedConfig;
  readonly loss: number;
  readonly sgd: {
    readonly lr: number;
    readonly momentum: number;
    readonly weight_decay: number;
    readonly no_decay: string;
    readonly lr_factors: readonly number[];
    readonly losses_before_each_step: readonly number[];
  };
}

const golden = cases<Case>('bert_image');

/** With the reference's weights, in evaluation, for as many classes as it has. */
function modelOf(name: string): AttentionImageModel {
  const config = (golden.scalars[name] as Case).config;
  const classes = golden.shape(`${name}.logits`)[1] as number;
  const model = releasedModel(config, {
    classes,
    imageChannels: golden.shape(`${name}.x`)[1] as number,
    rng: new Rng(0),
  });
  fill(model, golden, `${name}.param.`);
  return model.eval();
}

/** The release's images have their channels first. */
const channelsLast = (images: Tensor): Tensor => transpose(images, [0, 2, 3, 1]);

for (const [name, { loss, sgd }] of Object.entries(golden.scalars)) {
  test(`${name}: logits, loss and every gradient are the release's`, async () => {
    const before = memory().tensors;
    await scope(async () => {
      const model = modelOf(name);
      const [x, labels] = [golden.tensor(`${name}.x`), golden.tensor(`${name}.y`)];
      const wanted = new Map<string, Tensor>([['x', x], ...model.parameters()]);
      const [[value, logits], gradients] = valueAndGradOf(wanted, () => {
        const y = model.forward(channelsLast(x));
        return [crossEntropy(y, labels), y] as const;
      });
      await assertOutput(logits, golden.values(`${name}.logits`), `${name}.logits`);
      assertClose(await value.data(), [loss], { rtol: 1e-5, atol: 1e-5 }, 'loss');
      await assertGradients(gradients, golden, `${name}.grad.`);
      model.dispose();
    });
    assert.is(memory().tensors, before);
  });

  test(`${name}: steps of the released optimizer give the release's losses and parameters`, async () => {
    const before = memory().tensors;
    await scope(async () => {
      const model = modelOf(name);
      const images = channelsLast(golden.tensor(`${name}.x`));
      const labels = golden.tensor(`${name}.y`);
      const spared = sgd.no_decay.split(', ');
      using optimizer = new SGD(model, {
        rate: (step) => sgd.lr * (sgd.lr_factors[step] as number),
        momentum: sgd.momentum,
        l2: sgd.weight_decay,
        decays: (parameter) => !spared.some((part) => parameter.includes(part)),
      });
      for (const [step, expected] of sgd.losses_before_each_step.entries()) {
        const value = optimizer.minimize(() => crossEntropy(model.forward(images), labels));
        assertClose(await value.data(), [expected], { rtol: 1e-5, atol: 1e-5 }, `loss before step ${step}`);
      }
      const parameters = model.parameters();
      const after = golden.names(`${name}.after5.`);
      assert.ok(after.length > 0);
      for (const parameter of after) {
        const expected = golden.values(`${name}.after5.${parameter}`);
        const actual = await (parameters.get(parameter) as Tensor).data();
        assertClose(actual, expected, { rtol: 0, atol: 1e-4 }, parameter);
      }
      model.dispose();
    });
    assert.is(memory().tensors, before);
  });
}

test.run();

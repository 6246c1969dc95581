/** Whole networks against the reference: logits, losses, gradients, four steps of Adam, and the numbers of parameters that were published. */
import { Adam, cosine, crossEntropy, warmUp } from '@saccade/nn';
import { init, memory, Rng, scope, valueAndGradOf } from '@saccade/tensor';
import { assertClose, onTestDevice } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { GroupAttentionNet } from '../../src/network/group-attention-net.js';
import { cifar10Net, pcamNet, released, rotMnistNet } from '../../src/network/published-nets.js';
import { assertGradients, assertNear, groupNamed, scalars, Vectors } from '../reference.js';

onTestDevice(test, init);

interface Told {
  readonly group: 'SE2';
  readonly num_elements: number;
  readonly num_channels: number;
  readonly num_heads: number;
  readonly block_sizes: readonly number[];
  readonly crop_per_layer: readonly number[];
  readonly normalize_between_layers: boolean;
  readonly image_size: number;
  readonly patch_size: number;
  readonly losses: readonly number[];
  readonly params: number;
}

for (const name of ['net_p4_local', 'net_z2_local']) {
  test(`${name}: logits, gradients, losses, and logits after four steps are the reference's`, async () => {
    const before = memory().tensors;
    const told = scalars('meta')[name] as Told;
    const net = new GroupAttentionNet({
      group: groupNamed(told.group, told.num_elements),
      ...{ size: told.image_size, classes: 10, channels: told.num_channels, heads: told.num_heads },
      ...{ blocks: told.block_sizes, crop: told.crop_per_layer, patch: told.patch_size },
      ...{ normBetweenLayers: told.normalize_between_layers, spatialPool: 'sum', ...released('paper2021') },
      rng: new Rng(0),
    });
    assert.is(net.size, told.params);
    const vectors = new Vectors(name);
    await scope(async () => {
      vectors.fill(net, 'w0.');
      const [x, labels] = [vectors.channelsLast('x'), vectors.tensor('labels')];
      const [[loss, logits], gradients] = valueAndGradOf(net.parameters(), () => {
        const out = net.forward(x);
        return [crossEntropy(out, labels), out] as const;
      });
      await assertNear(logits, vectors.tensor('logits'), 2e-5, 'logits');
      assertClose(await loss.data(), [told.losses[0]!], { rtol: 1e-5 });
      await assertGradients(gradients, vectors.own(net, 'g0.'), name);
      const optimizer = new Adam(net, { rate: 1e-3, l2: 1e-4 });
      for (const expected of told.losses) {
        const now = optimizer.minimize(() => crossEntropy(net.forward(x), labels));
        assertClose(await now.data(), [expected], { rtol: 1e-3 });
      }
      await assertNear(net.forward(x), vectors.tensor('logits_after4'), 1e-3, 'logits after 4 steps');
      optimizer.dispose();
    });
    net.dispose();
    assert.is(memory().tensors, before);
  });
}

test('the published networks have as many parameters as were published', () => {
  const told = scalars('meta').params_of_paper_models as Readonly<Record<string, Readonly<Record<string, number>>>>;
  const { warn } = console;
  console.warn = () => {};
  for (const [name, make] of Object.entries({ rotMNIST: rotMnistNet, CIFAR10: cifar10Net, PCam: pcamNet })) {
    for (const [group, expected] of Object.entries(told[name]!)) {
      const net = make({ group: group as 'p4', rng: new Rng(0) });
      assert.is(net.size, expected, `${name} ${group}`);
      net.dispose();
    }
  }
  console.warn = warn;
});

test('the schedule of the reference is a warm-up and a cosine', () => {
  const told = scalars('meta').scheduler as {
    readonly base_lr: number;
    readonly warmup_time_ratio: number;
    readonly T_max: number;
    readonly step_lr: readonly (readonly [number, number])[];
  };
  const steps = Math.floor(told.T_max * told.warmup_time_ratio);
  const fall = cosine({ rate: told.base_lr, steps: told.T_max - steps });
  const schedule = warmUp(fall, { steps, from: 0 });
  for (const [step, rate] of told.step_lr) assertClose([schedule(step)], [rate], { rtol: 1e-6, atol: 0 });
});

test.run();

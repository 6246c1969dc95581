/** Networks on the device under test compute, and learn, what they do on the plain one. */
import { useDevice } from '@saccade/kernels';
import { Adam } from '@saccade/nn';
import { createJsDevice, init, memory, mul, Rng, scope, sum, type Tensor, valueAndGradOf } from '@saccade/tensor';
import { assertClose, onTestDevice } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { GroupAttentionNet } from '../src/network/group-attention-net.js';
import type { GroupAttentionNetOptions } from '../src/network/net-options.js';

onTestDevice(test, init);

const small = { size: 6, classes: 3, channels: 8, heads: 2, patch: 3, blocks: [1] } as const;

const networks: Readonly<Record<string, Partial<GroupAttentionNetOptions> & Pick<GroupAttentionNetOptions, 'group'>>> =
  {
    rotations: { group: 'p4', poolAfterLifting: true },
    'rotations and mirrors in soft discs': {
      group: 'p4m',
      size: 4,
      neighbourhood: 'soft',
      groupIndex: 'relative',
      crop: 1,
    },
    'a network of poses, whole images': { group: 'mz2', patch: undefined, size: 4, groupEncoding: 'fourier' },
    'with dropout that is shared over orbits': {
      ...{ group: 'p4', attentionDropout: 0.3, valueDropout: 0.3, inputDropout: 0.3, orbitSharedDropout: true },
      norm: 'pixel',
    },
  };

const make = (options: (typeof networks)[string]): GroupAttentionNet =>
  new GroupAttentionNet({ ...small, ...options, rng: new Rng(1) });

/** Logits, gradient by the images, and gradients by the parameters, one after another. */
async function results(options: (typeof networks)[string]): Promise<number[][]> {
  const before = memory().tensors;
  const net = make(options);
  const images = new Rng(2).normal([1, ...net.inputShape]) as Tensor;
  const [[loss, y], gradients] = valueAndGradOf(new Map([['images', images], ...net.parameters()]), () => {
    const out = net.forward(images);
    return [sum(mul(out, out)), out] as const;
  });
  const values = await Promise.all([y, ...gradients.values()].map((t) => t.data()));
  for (const t of [loss, y, images, net, ...gradients.values()]) t.dispose();
  assert.is(memory().tensors, before);
  return values.map((part) => Array.from(part));
}

for (const [name, options] of Object.entries(networks)) {
  test(`${name}: values and gradients are those of the plain device`, async () => {
    const here = await results(options);
    const device = useDevice(createJsDevice());
    try {
      const there = await results(options);
      const largest = there.map((part) => part.reduce((most, v) => Math.max(most, Math.abs(v)), 0));
      const usual = [...largest].sort((a, b) => a - b)[Math.floor(largest.length / 2)] as number;
      for (const [i, expected] of there.entries()) {
        const atol = 2e-4 * Math.max(largest[i]!, 0.1 * usual);
        assertClose(here[i]!, expected, { rtol: 0, atol }, `part ${i}`);
      }
    } finally {
      useDevice(device);
    }
  });
}

/** Losses of a small network over some steps. */
async function losses(): Promise<number[]> {
  const net = make({ group: 'p4' });
  const images = new Rng(4).normal([2, 4, 4, 1]) as Tensor;
  const optimizer = new Adam(net, { rate: 0.01 });
  const told: number[] = [];
  for (let step = 0; step < 5; step++) {
    const loss = optimizer.minimize(() => scope(() => net.forward(images).square().mean()));
    told.push((await loss.data())[0] as number);
    loss.dispose();
  }
  for (const t of [net, images, optimizer]) t.dispose();
  return told;
}

test('a network learns as on the plain device', async () => {
  const here = await losses();
  const device = useDevice(createJsDevice());
  try {
    assertClose(here, await losses(), { rtol: 1e-2, atol: 1e-5 });
  } finally {
    useDevice(device);
  }
  assert.ok(here[4]! < here[0]!);
});

test.run();

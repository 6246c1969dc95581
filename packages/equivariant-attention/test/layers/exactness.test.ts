/** Layers are equivariant to rounding, for every element that maps pixels to pixels, and the released ones are as far from it as was measured. */
import { gather, init, memory, Rng, scope, type Tensor, tensor } from '@saccade/tensor';
import { onTestDevice } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { actByMatrix, actOnFeatures } from '../../src/groups/act.js';
import type { Group } from '../../src/groups/group.js';
import { type GroupName, groups, rotations } from '../../src/groups/named-groups.js';
import { GroupSelfAttention, type GroupSelfAttentionOptions } from '../../src/layers/group-self-attention.js';
import { LiftingSelfAttention } from '../../src/layers/lifting-self-attention.js';
import { doubled, inDouble } from '../module-gradients.js';
import { randomise, turnError } from '../turns.js';

onTestDevice(test, init);

type Options = Partial<GroupSelfAttentionOptions>;

/** A lifting layer and one of group attention behind it, with random weights. */
function twoLayers(group: Group | GroupName, seed: number, { groupIndex, groupEncoding, ...options }: Options = {}) {
  const rng = new Rng(seed);
  const all = { group, heads: 2, patch: 5, ...options, rng };
  const lifting = new LiftingSelfAttention(2, 6, { ...all, mid: 4 });
  const layer = new GroupSelfAttention(6, 5, { ...all, mid: 7, groupIndex, groupEncoding });
  for (const one of [lifting, layer]) randomise(one, rng);
  const dispose = (): void => {
    lifting.dispose();
    layer.dispose();
  };
  return { lifting, layer, forward: (x: Tensor): Tensor => layer.forward(lifting.forward(x)), dispose, rng };
}

const turned = rotations(4).subgroup([0, 2]);

const exact: readonly [label: string, group: Group | GroupName, options: Options][] = [
  ['p4', 'p4', {}],
  ['the quarter turns of p8', 'p8', {}],
  ['p4m', 'p4m', {}],
  ['mz2', 'mz2', {}],
  ['the quarter turns and mirrors of p8m', 'p8m', { patch: 3 }],
  ['a subgroup of p4', turned, {}],
  ['p4 by relative poses', 'p4', { groupIndex: 'relative' }],
  ['p4m by relative poses', 'p4m', { groupIndex: 'relative' }],
  ['p4m by pairs of poses', 'p4m', { groupIndex: 'pair', patch: 3 }],
  ['p4m by a network of poses', 'p4m', { groupEncoding: 'fourier' }],
  ['p8 by a network of pairs of poses', 'p8', { groupEncoding: 'fourier', groupIndex: 'pair', patch: 3 }],
  ['p4m in discs', 'p4m', { neighbourhood: 'disc' }],
  ['p8 in soft discs', 'p8', { neighbourhood: 'soft' }],
  ['p4 over whole images', 'p4', { patch: undefined, size: 9 }],
  ['p4m over images up to a size', 'p4m', { patch: undefined, maxSize: 12 }],
  ['p4 with patches wider than the image', 'p4', { patch: 23 }],
  ["p4 with the releases' small number in norms", 'p4', { encodingEps: 1e-12 }],
];

for (const [label, group, options] of exact) {
  test(`${label}: to 2e-6 in float32`, () => {
    const before = memory().tensors;
    for (const seed of [1, 2]) {
      const { layer, forward, dispose, rng } = twoLayers(group, seed, options);
      const x = rng.normal([1, 9, 9, 2]) as Tensor;
      for (const element of layer.group.latticeElements) {
        const error = turnError(forward, x, layer.group, element);
        assert.ok(error < 2e-6, `element ${element}: ${error}`);
      }
      x.dispose();
      dispose();
    }
    assert.is(memory().tensors, before);
  });
}

test('to 1e-13 in float64', () => {
  for (const name of ['p4', 'p8', 'p4m', 'mz2'] as const) {
    const { lifting, layer, dispose, rng } = twoLayers(name, 3, { patch: 3 });
    const x = rng.normal([1, 5, 5, 2]) as Tensor;
    const forward = (y: Tensor): Tensor =>
      inDouble(lifting, () => inDouble(layer, () => layer.forward(lifting.forward(y))));
    scope(() => {
      for (const element of layer.group.latticeElements) {
        const error = turnError(forward, doubled(x), layer.group, element);
        assert.ok(error < 1e-13, `${name}, element ${element}: ${error}`);
      }
    });
    x.dispose();
    dispose();
  }
});

/** The paper's lifting layer gives features that turn by g -> g h rather than h^-1 g: pixels by the matrix, elements in another order. */
function actAsReleased(y: Tensor, group: Group, h: number): Tensor {
  const from = Int32Array.from(group.matrices, (_, g) => group.multiply(g, h));
  const [batch, order, ...rest] = y.shape as [number, number, number, number, number];
  const moved = gather(y, tensor(from), { axis: 1 }).reshape([batch * order, ...rest]);
  return actByMatrix('test', moved, group.matrices[h]!, {}).reshape(y.shape);
}

test("the paper's lifting layer is equivariant, in another order of elements", () => {
  for (const name of ['p4', 'p4m'] as const) {
    const { lifting, dispose, rng } = twoLayers(name, 5, { encoding: 'paper2021' });
    const x = rng.normal([1, 9, 9, 2]) as Tensor;
    const group = groups[name];
    for (const h of group.latticeElements) {
      const error = turnError(
        (y) => lifting.forward(y),
        x,
        group,
        h,
        (y) => actAsReleased(y, group, h),
      );
      assert.ok(error < 2e-6, `${name}, element ${h}: ${error}`);
    }
    x.dispose();
    dispose();
  }
});

/** Two layers of a release with large scores: the mean over seeds of the largest error of any element. */
function releasedError(
  name: 'p4' | 'p4m',
  encoding: 'paper2021' | 'gevit2023',
  acts: (y: Tensor, group: Group, h: number) => Tensor,
): number {
  const group = groups[name];
  const errors = [1, 2, 3, 4].map((seed) =>
    scope(() => {
      const rng = new Rng(seed);
      const all = { group, patch: 5, mid: 12, encoding, rng };
      const [lifting, layer] = [new LiftingSelfAttention(3, 4, all), new GroupSelfAttention(4, 5, all)];
      for (const one of [lifting, layer]) randomise(one, rng);
      const x = rng.normal([1, 9, 9, 3]) as Tensor;
      const forward = (y: Tensor): Tensor => layer.forward(lifting.forward(y));
      const each = group.latticeElements.slice(1);
      const found = each.map((h) => turnError(forward, x, group, h, (y) => acts(y, group, h)));
      lifting.dispose();
      layer.dispose();
      return Math.max(...found);
    }),
  );
  return errors.reduce((sum, error) => sum + error / errors.length, 0);
}

test("the paper's group layer is not, for rotations and mirrors, with its features in the order of its lifting layer", () => {
  for (const name of ['p4', 'p4m'] as const) {
    const error = releasedError(name, 'paper2021', actAsReleased);
    assert.ok(error > 0.03, `${name}: ${error}`);
  }
});

test('its follow-up is equivariant for rotations, and not for mirrors', () => {
  const [rotated, mirrored] = (['p4', 'p4m'] as const).map((name) => releasedError(name, 'gevit2023', actOnFeatures));
  assert.ok(rotated! < 2e-6, `p4: ${rotated}`);
  assert.ok(mirrored! > 0.03, `p4m: ${mirrored}`);
});

test.run();

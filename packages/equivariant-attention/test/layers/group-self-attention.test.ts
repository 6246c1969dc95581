/** Group self-attention beside the reference: poses of one's own, single pixels, what is refused, gradients. */
import { init, memory, OptionError, Rng, ShapeError, scope, type Tensor, tensor, zeros } from '@saccade/tensor';
import { assertClose, assertThrows, onTestDevice } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { groups } from '../../src/groups/named-groups.js';
import { GroupSelfAttention } from '../../src/layers/group-self-attention.js';
import { checkModuleGradients } from '../module-gradients.js';
import { errorOf } from '../reference.js';
import { randomise } from '../turns.js';

onTestDevice(test, init);

const rng = new Rng(0);
const good = { group: 'p4', patch: 3, heads: 2, mid: 5, rng } as const;

test('features become features, with a table of as many rows as there are poses', () => {
  for (const [options, shape] of [
    [{}, [4, 3]],
    [{ groupIndex: 'relative' }, [4, 3]],
    [{ groupIndex: 'pair' }, [16, 3]],
    [{ group: 'p8m' }, [16, 3]],
    [{ mid: 9 }, [4, 3]],
  ] as const) {
    const before = memory().tensors;
    const layer = new GroupSelfAttention(3, 4, { ...good, ...options });
    assert.equal(layer.parameters().get('group_encoding.weight')!.shape, shape);
    const y = scope(() => layer.forward(zeros([2, layer.group.order, 4, 3, 3])));
    assert.equal(y.shape, [2, layer.group.order, 4, 3, 4]);
    y.dispose();
    layer.dispose();
    assert.is(memory().tensors, before);
  }
});

test('with a network of poses the output may be at any pose, and at those of the group is what the layer gives', () => {
  const before = memory().tensors;
  scope(() => {
    for (const name of ['p4', 'p8', 'p4m'] as const) {
      for (const groupIndex of ['keyPose', 'relative', 'pair'] as const) {
        const group = groups[name];
        const layer = new GroupSelfAttention(2, 3, { ...good, group, groupIndex, groupEncoding: 'fourier' });
        randomise(layer, rng);
        const turns = name === 'p4m' ? 4 : group.order;
        const poses = group.matrices.map((_, k) => ({
          angle: (2 * Math.PI * (k % turns)) / turns,
          mirrored: k >= turns,
        }));
        const x = rng.normal([1, group.order, 4, 3, 2]);
        assert.ok(
          errorOf(layer.forwardAt(x, poses).dataSync(), layer.forward(x).dataSync()) < 2e-6,
          `${name} ${groupIndex}`,
        );
        layer.dispose();
      }
    }
  });
  assert.is(memory().tensors, before);
});

test('between the angles of the group the output moves without steps', () => {
  scope(() => {
    const layer = new GroupSelfAttention(2, 3, { ...good, groupEncoding: 'fourier' });
    randomise(layer, rng);
    const x = rng.normal([1, 4, 3, 3, 2]);
    const [a, b, c] = [0.7, 0.7001, 1].map((angle) => layer.forwardAt(x, [angle]).dataSync());
    assert.ok(errorOf(b!, a!) < 1e-3);
    assert.ok(errorOf(c!, a!) > 1e-3);
    layer.dispose();
  });
});

test('a table that depends on key and query alone allows other poses of the output too', () => {
  scope(() => {
    const layer = new GroupSelfAttention(2, 3, { ...good, groupIndex: 'relative' });
    randomise(layer, rng);
    const x = rng.normal([1, 4, 3, 3, 2]);
    const turns = [0, 1, 2, 3].map((k) => (k * Math.PI) / 2);
    assert.ok(errorOf(layer.forwardAt(x, turns).dataSync(), layer.forward(x).dataSync()) < 2e-6);
    layer.dispose();
  });
});

test('the weights of a pixel sum to 1 over elements and offsets, and with the values are the output', () => {
  const before = memory().tensors;
  scope(() => {
    for (const options of [
      { neighbourhood: 'soft', patch: 5 },
      { patch: undefined, maxSize: 6 },
    ] as const) {
      const layer = new GroupSelfAttention(2, 3, { ...good, ...options });
      randomise(layer, rng);
      const x = rng.normal([1, 4, 3, 4, 2]) as Tensor;
      const y = layer.forward(x);
      const values = layer.value.forward(x).reshape([48, 2, 5]);
      const [row, column] = [1, 3];
      const { weights, offsets } = layer.attentionAt(x, { row, column });
      const count = offsets.length / 2;
      assert.equal(weights.shape, [1, 2, 4, 4, 4, count]);
      assertClose(weights.sum({ axis: [-2, -1] }).dataSync(), new Array(32).fill(1));
      // Summed over queries: [heads, V, M, O] -> [heads, V, M pixels].
      const summed = weights.sum({ axis: 3 }).dataSync();
      const whole = new Float32Array(2 * 4 * 48);
      for (let i = 0; i < summed.length; i++) {
        const [lead, o] = [Math.floor(i / count), i % count];
        const [r, c] = [row + offsets[2 * o]!, column + offsets[2 * o + 1]!];
        if (r >= 0 && r < 3 && c >= 0 && c < 4) whole[lead * 12 + r * 4 + c] = summed[i]!;
      }
      const sums = tensor(whole, { shape: [2, 4, 48] }).matmul(values.transpose([1, 0, 2]));
      const out = layer.output.forward(sums.transpose([1, 0, 2]).reshape([4, 10]));
      assert.ok(errorOf(out.dataSync(), y.at(0, ':', row, column).dataSync()) < 1e-5);
      layer.dispose();
    }
  });
  assert.is(memory().tensors, before);
});

test('what cannot be is refused before anything is made', () => {
  const before = memory().tensors;
  const refusals: [object, RegExp][] = [
    [{ patch: 2 }, /^GroupSelfAttention: patch must be an odd number, got 2$/],
    [{ mid: 2 }, /^GroupSelfAttention: mid must be a whole number from 3, for rows, columns and elements, got 2$/],
    [{ mid: 3.5 }, /mid must be a whole number from 3/],
    [{ groupIndex: 'keys' }, /groupIndex must be one of keyPose, relative, pair, got "keys"/],
    [{ groupEncoding: 'mlp' }, /groupEncoding must be one of table, fourier, got "mlp"/],
    [{ encoding: 'paper2021', groupIndex: 'pair' }, /encoding paper2021 has a group index and a table of its own/],
    [
      { encoding: 'gevit2023', groupEncoding: 'fourier' },
      /encoding gevit2023 has a group index and a table of its own/,
    ],
    [{ encoding: 'paper2021', group: groups.p4m.subgroup([0, 2, 5, 7]) }, /encoding paper2021 is for equal rotations/],
    [{ crop: 1 }, /no option 'crop'/],
  ];
  for (const [options, message] of refusals) {
    assertThrows(() => new GroupSelfAttention(2, 4, { ...good, ...options } as never), OptionError, message);
  }
  scope(() => {
    const layer = new GroupSelfAttention(2, 4, good);
    const message =
      /^GroupSelfAttention: features over p4 must be \[batch, 4, height, width, 2\], got \[1, 8, 3, 3, 2\]$/;
    assertThrows(() => layer.forward(zeros([1, 8, 3, 3, 2])), ShapeError, message);
    const none = /^GroupSelfAttention.forwardAt: a table of the elements of p4 has no row for other poses/;
    assertThrows(() => layer.forwardAt(zeros([1, 4, 3, 3, 2]), [1]), OptionError, none);
    const old = new GroupSelfAttention(2, 4, { ...good, encoding: 'paper2021' });
    const fixed = /^GroupSelfAttention.forwardAt: encoding paper2021 knows the poses of p4 alone/;
    assertThrows(() => old.forwardAt(zeros([1, 4, 3, 3, 2]), [1]), OptionError, fixed);
    for (const one of [layer, old]) one.dispose();
  });
  assert.is(memory().tensors, before);
});

test('gradients by features and parameters are central differences', async () => {
  for (const options of [{}, { groupEncoding: 'fourier', groupIndex: 'pair', group: 'mz2' }] as const) {
    const layer = new GroupSelfAttention(2, 2, { ...good, mid: 3, ...options });
    randomise(layer, rng);
    const x = rng.normal([1, layer.group.order, 2, 3, 2]) as Tensor;
    await checkModuleGradients(layer, (features) => layer.forward(features), x, {
      wanted: (name) => !/(row|column)_encoding|norm|hidden/.test(name),
      tolerance: 1e-5,
    });
    for (const one of [layer, x]) one.dispose();
  }
});

test.run();

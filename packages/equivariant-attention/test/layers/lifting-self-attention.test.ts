/** Lifting self-attention beside the reference: angles of one's own, single pixels, what is refused, gradients. */
import { init, memory, OptionError, Rng, ShapeError, scope, type Tensor, tensor, zeros } from '@saccade/tensor';
import { assertClose, assertThrows, onTestDevice } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { actOnImages } from '../../src/groups/act.js';
import { groups } from '../../src/groups/named-groups.js';
import { LiftingSelfAttention } from '../../src/layers/lifting-self-attention.js';
import { checkModuleGradients } from '../module-gradients.js';
import { errorOf } from '../reference.js';
import { randomise } from '../turns.js';

onTestDevice(test, init);

const rng = new Rng(0);
const good = { group: 'p4', patch: 3, heads: 2, mid: 4, rng } as const;

test('images become features over the group, with weights as many as the names say', () => {
  const before = memory().tensors;
  const layer = new LiftingSelfAttention(3, 5, good);
  assert.equal([...layer.parameters()].map(([name, { shape }]) => [name, ...shape]), [
    ['query.weight', 8, 3], ['query.bias', 8], ['key.weight', 8, 3], ['key.bias', 8], ['value.weight', 8, 3], ['value.bias', 8],
    ['output.weight', 5, 8], ['output.bias', 5],
    ...['row_encoding', 'column_encoding'].flatMap((name) => [
      [`${name}.hidden.weight`, 16, 1], [`${name}.hidden.bias`, 16], [`${name}.norm.weight`, 16], [`${name}.norm.bias`, 16], [`${name}.output.weight`, 2, 16], [`${name}.output.bias`, 2],
    ]),
  ]); // biome-ignore format: a table
  const y = scope(() => layer.forward(zeros([2, 6, 7, 3])));
  assert.equal(y.shape, [2, 4, 6, 7, 5]);
  y.dispose();
  layer.dispose();
  assert.is(memory().tensors, before);
});

test('weights start normal with the deviation of the release, biases at 0', () => {
  const layer = new LiftingSelfAttention(100, 20, { ...good, heads: 10, mid: 10 });
  const deviation = Math.sqrt(layer.query.weight.square().mean().item());
  assertClose([deviation], [Math.sqrt(2 / 100)], { rtol: 0.05 });
  for (const [name, t] of layer.parameters()) {
    if (name.endsWith('bias')) assert.ok(t.dataSync().every((value) => value === 0), name); // biome-ignore format: one line
  }
  layer.dispose();
  const narrow = new LiftingSelfAttention(100, 20, { ...good, heads: 10, mid: 10, initScale: 0.5 });
  assertClose([Math.sqrt(narrow.key.weight.square().mean().item())], [0.05], { rtol: 0.05 });
  narrow.dispose();
});

test('at the angles of the group it gives what the layer gives', () => {
  scope(() => {
    for (const name of ['p4', 'p8', 'p4m'] as const) {
      const group = groups[name];
      const layer = new LiftingSelfAttention(2, 3, { ...good, group, neighbourhood: 'disc', patch: 5 });
      randomise(layer, rng);
      const turns = name === 'p4m' ? 4 : group.order;
      const poses = group.matrices.map((_, k) => ({
        angle: (2 * Math.PI * (k % turns)) / turns,
        mirrored: k >= turns,
      }));
      const x = rng.normal([1, 6, 5, 2]);
      assert.ok(errorOf(layer.liftAt(x, poses).dataSync(), layer.forward(x).dataSync()) < 2e-6, name);
      layer.dispose();
    }
  });
});

test('turning an image by a quarter turns what it gives at an angle to what it gives at an angle of a quarter more', () => {
  scope(() => {
    const layer = new LiftingSelfAttention(2, 3, { ...good, patch: 5 });
    randomise(layer, rng);
    const x = rng.normal([1, 6, 6, 2]) as Tensor;
    const [at, more] = [[0.3, 1, 2.5], [0.3, 1, 2.5].map((angle) => angle + Math.PI / 2)] as const;
    const one = layer.liftAt(x, at);
    const expected = actOnImages(one.reshape([3, 6, 6, 3]), groups.p4, 1).reshape([1, 3, 6, 6, 3]);
    assert.ok(errorOf(layer.liftAt(actOnImages(x, groups.p4, 1), more).dataSync(), expected.dataSync()) < 2e-6);
    layer.dispose();
  });
});

/** A sum of waves about the centre, turned by an angle: what interpolation would only be near to. */
function waves(side: number, angle: number): Float32Array {
  const parts = [[0.35, 0.1, 1], [-0.2, 0.3, 0.7], [0.15, -0.4, 0.5], [0.05, 0.25, 1.2]] as const; // biome-ignore format: frequencies and sizes
  const [cos, sin, middle] = [Math.cos(angle), Math.sin(angle), (side - 1) / 2];
  return Float32Array.from({ length: side ** 2 }, (_, i) => {
    const [y, x] = [Math.floor(i / side) - middle, (i % side) - middle];
    // f(R^-1 x).
    const [row, column] = [cos * y + sin * x, -sin * y + cos * x];
    return parts.reduce((sum, [a, b, size]) => sum + size * Math.cos(a * row + b * column + 3 * a), 0);
  });
}

test('between quarter turns discs are nearer to equivariant than squares, and soft discs nearer still', () => {
  const errors = (['square', 'disc', 'soft'] as const).map((neighbourhood) =>
    scope(() => {
      const layer = new LiftingSelfAttention(1, 4, { ...good, group: 'p8', patch: 9, neighbourhood, rng: new Rng(3) });
      randomise(layer, new Rng(4));
      // At one pixel, the middle, no interpolation is needed.
      const middle = (values: Float32Array): Tensor =>
        layer.forward(tensor(values, { shape: [1, 17, 17, 1] })).at(0, ':', 8, 8);
      const [upright, turned] = [middle(waves(17, 0)), middle(waves(17, Math.PI / 4))];
      const order = Array.from({ length: 8 }, (_, g) => (g + 7) % 8);
      const expected = order.flatMap((g) => Array.from(upright.at(g).dataSync()));
      const spread = Math.sqrt(upright.sub(upright.mean()).square().mean().item());
      layer.dispose();
      return Math.max(...Array.from(turned.dataSync(), (v, i) => Math.abs(v - expected[i]!))) / spread;
    }),
  );
  assert.ok(errors[1]! < errors[0]! / 2 && errors[2]! < errors[0]! / 2, `${errors}`);
});

test('the weights of a pixel sum to 1, are 0 outside of the image, and with the values are the output', () => {
  const before = memory().tensors;
  scope(() => {
    const layer = new LiftingSelfAttention(2, 3, { ...good, patch: 5, neighbourhood: 'soft' });
    randomise(layer, rng);
    const x = rng.normal([2, 4, 6, 2]) as Tensor;
    const y = layer.forward(x);
    const values = layer.value.forward(x).reshape([2, 24, 2, 4]);
    for (const [row, column] of [
      [0, 0],
      [3, 2],
    ] as const) {
      // biome-ignore format: pairs
      const { weights, offsets } = layer.attentionAt(x, { row, column });
      assert.equal(weights.shape, [2, 2, 4, 1, 1, offsets.length / 2]);
      assertClose(weights.sum({ axis: -1 }).dataSync(), new Array(16).fill(1));
      const whole = new Float32Array(2 * 2 * 4 * 24);
      const all = weights.dataSync();
      for (let i = 0; i < all.length; i++) {
        const [o, lead] = [i % (offsets.length / 2), Math.floor(i / (offsets.length / 2))];
        const [r, c] = [row + offsets[2 * o]!, column + offsets[2 * o + 1]!];
        if (r < 0 || r >= 4 || c < 0 || c >= 6) assert.is(all[i], 0);
        else whole[lead * 24 + r * 6 + c] = all[i]!;
      }
      const sums = tensor(whole, { shape: [2, 2, 4, 24] }).matmul(values.transpose([0, 2, 1, 3]));
      const out = layer.output.forward(sums.transpose([0, 2, 1, 3]).reshape([2, 4, 8]));
      assert.ok(errorOf(out.dataSync(), y.at(':', ':', row, column).dataSync()) < 1e-5);
    }
    layer.dispose();
  });
  assert.is(memory().tensors, before);
});

test('what cannot be is refused before anything is made', () => {
  const before = memory().tensors;
  const refusals: [object, RegExp][] = [
    [{ patch: 4 }, /^LiftingSelfAttention: patch must be an odd number, got 4$/],
    [
      { mid: 5 },
      /^LiftingSelfAttention: mid must be an even number from 2, half for rows and half for columns, got 5$/,
    ],
    [{ mid: 0 }, /mid must be an even number from 2/],
    [
      { group: 'p5' },
      /^LiftingSelfAttention: group must be a Group or one of z2, p4, p8, p12, p16, mz2, p4m, p8m, got "p5"$/,
    ],
    [{ heads: 0 }, /heads must be a whole number from 1, got 0/],
    [{ dropout: 2 }, /dropout must be a number in \[0, 1\], got 2/],
    [{ encoding: 'new' }, /encoding must be one of exact, paper2021, gevit2023, got "new"/],
    [{ encodingEps: -1 }, /encodingEps must be a number from 0, got -1/],
    [{ orbitSharedDropout: 1 }, /orbitSharedDropout must be true or false, got 1/],
    [{ rng: undefined }, /needs a source of random numbers/],
    [{ size: 5 }, /expected one of patch, size and maxSize, got patch and size/],
    [{ groupIndex: 'pair' }, /no option 'groupIndex'/],
  ];
  for (const [options, message] of refusals) {
    assertThrows(() => new LiftingSelfAttention(2, 4, { ...good, ...options } as never), OptionError, message);
  }
  assertThrows(() => new LiftingSelfAttention(0, 4, good), OptionError, /inputs must be a whole number from 1, got 0/);
  scope(() => {
    const layer = new LiftingSelfAttention(2, 4, good);
    const message = /^LiftingSelfAttention: images must be \[batch, height, width, 2\], got \[1, 4, 4, 3\]$/;
    assertThrows(() => layer.forward(zeros([1, 4, 4, 3])), ShapeError, message);
    assertThrows(
      () => layer.liftAt(zeros([1, 4, 4, 2]), []),
      OptionError,
      /^LiftingSelfAttention.liftAt: expected angles/,
    );
    const old = new LiftingSelfAttention(2, 4, { ...good, encoding: 'paper2021' });
    const fixed = /^LiftingSelfAttention.liftAt: encoding paper2021 knows the poses of p4 alone$/;
    assertThrows(() => old.liftAt(zeros([1, 4, 4, 2]), [1]), OptionError, fixed);
    old.dispose();
    const outside = /^LiftingSelfAttention: the pixel must be in an image of 4 x 4, got 4, 0$/;
    assertThrows(() => layer.attentionAt(zeros([1, 4, 4, 2]), { row: 4, column: 0 }), OptionError, outside);
    layer.dispose();
  });
  assert.is(memory().tensors, before);
});

test('gradients by images and parameters are central differences', async () => {
  for (const options of [
    { group: 'p8', neighbourhood: 'soft' },
    { patch: undefined, size: 3 },
  ] as const) {
    const layer = new LiftingSelfAttention(2, 2, { ...good, mid: 2, ...options });
    randomise(layer, rng);
    const x = rng.normal([1, 3, 3, 2]) as Tensor;
    await checkModuleGradients(layer, (images) => layer.forward(images), x, {
      wanted: (name) => !/hidden|norm|output.weight/.test(name),
      tolerance: 1e-5,
    });
    for (const one of [layer, x]) one.dispose();
  }
});

test.run();

/** Networks: what they are made of, the same logits for turned images, what they warn of, and what they refuse. */
import { init, memory, OptionError, Rng, ShapeError, scope, type Tensor, zeros } from '@saccade/tensor';
import { assertThrows, onTestDevice } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { actOnImages } from '../../src/groups/act.js';
import { groups } from '../../src/groups/named-groups.js';
import { GroupAttentionNet } from '../../src/network/group-attention-net.js';
import type { GroupAttentionNetOptions } from '../../src/network/net-options.js';
import { pcamNet, released } from '../../src/network/published-nets.js';
import { errorOf } from '../reference.js';
import { turnError } from '../turns.js';
import { warningsOf } from '../warnings.js';

onTestDevice(test, init);

const rng = new Rng(0);

/** A network of two small blocks of one layer. */
const small: GroupAttentionNetOptions = {
  group: 'p4',
  size: 8,
  classes: 3,
  channels: 6,
  heads: 2,
  patch: 3,
  blocks: [1, 1],
  rng,
};

/** The network of the small digits: one pool behind lifting, one block of two layers. */
const digits: GroupAttentionNetOptions = {
  ...{ group: 'p4', size: 8, classes: 10, channels: 16, heads: 4, patch: 3, blocks: [2], poolAfterLifting: true },
  rng,
};

const make = (options: Partial<GroupAttentionNetOptions> = {}): GroupAttentionNet =>
  new GroupAttentionNet({ ...small, ...options }).eval();

test('layers stand under their names, in order', () => {
  const before = memory().tensors;
  const net = make({ normBetweenLayers: true, inputDropout: 0.1, poolDropout: 0.1, poolAfterLifting: true });
  assert.equal([...net.layers.keys()], [
    'input_dropout', 'lifting', 'lifting_norm', 'lifting_activation', 'lifting_pool', 'blocks.0.0', 'blocks.0.0_norm', 'blocks.0.0_activation', 'blocks.0.pool', 'blocks.0.dropout', 'blocks.1.0',
    'blocks.1.0_norm', 'blocks.1.0_activation', 'head',
  ]); // biome-ignore format: a list
  const names = [...net.parameters().keys()];
  for (const name of [
    'lifting.query.weight',
    'blocks.1.0.attention.group_encoding.weight',
    'blocks.0.0_norm.bias',
    'head.classes.weight',
  ]) {
    assert.ok(names.includes(name), name);
  }
  const y = scope(() => net.forward(zeros([2, 8, 8, 1])));
  assert.equal(y.shape, [2, 3]);
  assert.equal(net.inputShape, [8, 8, 1]);
  scope(() => assert.equal(net.forward(zeros([0, 8, 8, 1])).shape, [0, 3]));
  for (const one of [y, net]) one.dispose();
  assert.is(memory().tensors, before);
});

test("the network of the small digits has as many parameters as in the paper's experiment here", () => {
  for (const [group, size] of [
    ['z2', 6680],
    ['p4', 6704],
  ] as const) {
    // biome-ignore format: pairs
    const net = new GroupAttentionNet({ ...digits, group });
    assert.is(net.size, size);
    net.dispose();
  }
});

const variants: readonly [label: string, options: Partial<GroupAttentionNetOptions>][] = [
  ['rotations', {}],
  ['rotations and mirrors', { group: 'p4m' }],
  ['mirrors', { group: 'mz2' }],
  ['eighths of turns', { group: 'p8' }],
  ['attention to whole images', { patch: undefined, crop: 1, size: 10 }],
  ['discs', { patch: 5, neighbourhood: 'disc' }],
  ['norms of pixels, means of elements, sums of pixels', { norm: 'pixel', groupPool: 'mean', spatialPool: 'sum' }],
  ['norms of batches', { norm: 'batch', activation: 'relu' }],
  ['more channels in later blocks', { expansion: [1, 2], normBetweenLayers: true, poolLast: true }],
  ['a wider patch in the first layer', { liftingPatch: 5, poolAfterLifting: true }],
  ['pairs of poses', { groupIndex: 'pair' }],
  ['a network of poses', { groupEncoding: 'fourier' }],
  ['a block without layers', { blocks: [0, 1, 1], size: 16 }],
  ["the follow-up's encodings, of rotations", released('gevit2023')],
];

for (const [label, options] of variants) {
  test(`logits of turned images are the same: ${label}`, () => {
    const before = memory().tensors;
    const { result: net, warnings } = warningsOf(() => make(options));
    assert.equal(warnings, []);
    scope(() => {
      const x = rng.normal([2, ...net.config.size, 1]) as Tensor;
      for (const h of net.group.latticeElements) {
        const error = turnError((y) => net.forward(y), x, net.group, h);
        assert.ok(error < 1e-5, `element ${h}: ${error}`);
      }
    });
    net.dispose();
    assert.is(memory().tensors, before);
  });
}

test('in training too, if dropout is shared over orbits', () => {
  const rates = { inputDropout: 0.2, attentionDropout: 0.2, valueDropout: 0.2, poolDropout: 0.2 };
  for (const orbitSharedDropout of [true, false]) {
    const net = make({ ...rates, orbitSharedDropout }).train();
    const streams = [...net.generators().values()].map((stream) => [stream, stream.state] as const);
    const forward = (y: Tensor): Tensor => {
      for (const [stream, state] of streams) stream.state = state;
      return net.forward(y);
    };
    scope(() => {
      const x = rng.normal([2, 8, 8, 1]) as Tensor;
      const errors = [1, 2, 3].map((h) => turnError(forward, x, groups.p4, h));
      assert.ok(orbitSharedDropout ? Math.max(...errors) < 1e-5 : Math.min(...errors) > 1e-3, `${errors}`);
    });
    net.dispose();
  }
});

test('after a restriction only the subgroup is respected', () => {
  const net = make({ restrict: { afterBlock: 0, elements: [0, 2] } });
  assert.equal(net.group.matrices, groups.p4.subgroup([0, 2]).matrices);
  scope(() => {
    const x = rng.normal([2, 8, 8, 1]) as Tensor;
    assert.ok(turnError((y) => net.forward(y), x, groups.p4, 2) < 1e-5);
    assert.ok(turnError((y) => net.forward(y), x, groups.p4, 1) > 1e-3);
    const states = net.states(x);
    assert.equal(states.find(({ layer }) => layer === 'blocks.0.restrict')!.state.shape, [2, 2, 4, 4, 12]);
  });
  net.dispose();
});

test('states are what layers give, the last the logits', () => {
  const before = memory().tensors;
  const net = make();
  scope(() => {
    const x = rng.normal([2, 8, 8, 1]) as Tensor;
    const states = net.states(x);
    assert.equal(states.map(({ layer }) => layer), [...net.layers.keys()]); // biome-ignore format: one line
    assert.equal(states.at(-1)!.state.dataSync(), net.forward(x).dataSync());
    assert.ok(states.every(({ group }) => group === groups.p4));
  });
  net.dispose();
  assert.is(memory().tensors, before);
});

const lost: readonly [label: string, options: Partial<GroupAttentionNetOptions>, message: RegExp][] = [
  [
    'an odd side at a pool',
    { size: 7 },
    /^GroupAttentionNet: equivariance lost at layer blocks.0.pool: 2x2 pool with odd side 7 -> 3$/,
  ],
  ['an odd side behind a crop', { size: 9, crop: [1, 0] }, /at layer blocks.0.pool: 2x2 pool with odd side 7 -> 3$/],
  [
    'an odd side behind lifting',
    { size: 9, poolAfterLifting: true },
    /at layer lifting_pool: 2x2 pool with odd side 9 -> 4$/,
  ],
  [
    'an odd side at the last pool',
    { size: 6, poolLast: true },
    /at layer blocks.1.pool: 2x2 pool with odd side 3 -> 1$/,
  ],
  ['a crop wider behind', { crop: [[0, 2], 0] }, /at layer blocks.0.0.crop: crop of 0 before and 2 behind$/],
  ['sides that differ', { size: [8, 12] }, /at layer lifting: sides of 8 and 12 are not those of a square$/],
  ['a released encoding and an odd side', { size: 7, ...released('paper2021') }, /at layer blocks.0.pool/],
];

for (const [label, options, message] of lost) {
  test(`${label} is told when the network is built, and refused if strict`, () => {
    const before = memory().tensors;
    const { result, warnings } = warningsOf(() => make(options));
    assert.is(warnings.length, 1);
    assert.match(warnings[0]!, new RegExp(message.source.replace('^', '^saccade: ')));
    result.dispose();
    assertThrows(() => make({ ...options, strict: true }), OptionError, message);
    assert.is(memory().tensors, before);
  });
}

test('nothing is told of sides that groups without quarter turns allow, and of released encodings', () => {
  for (const options of [
    { size: [8, 12], group: 'mz2' },
    { ...released('paper2021') },
    { group: 'z2', size: 7 },
    { attentionDropout: 0.5 },
  ] as const) {
    const { result, warnings } = warningsOf(() => make(options));
    assert.equal(warnings, []);
    assert.not.ok(result.layers.get('lifting')!.training);
    result.dispose();
  }
});

test('the published network for pathology loses equivariance at its side of 96, not at 88 and 104', () => {
  const message = /^GroupAttentionNet: equivariance lost at layer blocks.3.pool: 2x2 pool with odd side 7 -> 3$/;
  const before = memory().tensors;
  assertThrows(() => pcamNet({ group: 'p4', strict: true, rng }), OptionError, message);
  for (const size of [88, 104]) pcamNet({ group: 'p4', size, strict: true, rng }).dispose();
  assert.is(memory().tensors, before);
});

test('strict networks refuse NaN', () => {
  const net = make({ strict: true });
  assertThrows(
    () => scope(() => net.forward(zeros([1, 8, 8, 1]).add(Number.NaN))),
    OptionError,
    /^LiftingSelfAttention: strict/,
  );
  net.dispose();
});

test('what cannot be is refused, and leaves nothing', () => {
  const before = memory().tensors;
  const refusals: [object, RegExp][] = [
    [{ group: 'p5' }, /^GroupAttentionNet: group must be a Group or one of z2/],
    [{ classes: 0 }, /^GroupAttentionNet: classes must be a whole number from 1, got 0/],
    [{ size: 0 }, /size must be a whole number from 1, got 0/],
    [{ size: undefined }, /size must be a whole number from 1, got undefined/],
    [{ blocks: 2 }, /blocks must be whole numbers from 0, got 2/],
    [{ blocks: [1.5] }, /blocks must be whole numbers from 0/],
    [{ crop: [1] }, /crop must be one number, or a list of 2, got \[1\]/],
    [{ crop: -1 }, /crop must be a whole number from 0, got -1/],
    [{ expansion: [1, 2, 3] }, /expansion must be one number, or a list of 2/],
    [{ attentionDropout: 1.5 }, /attentionDropout must be a number in \[0, 1\]/],
    [{ poolLast: 1 }, /poolLast must be true or false, got 1/],
    [{ patch: 4 }, /^LiftingSelfAttention: patch must be an odd number, got 4/],
    [{ norm: 'none' }, /norm must be one of orbit, pixel, batch/],
    [{ activation: 'gelu' }, /activation must be swish or relu/],
    [{ spatialPool: 'max' }, /kind must be one of sum, mean, got "max"/],
    [{ restrict: { afterBlock: 2, elements: [0] } }, /restrict.afterBlock must be a whole number in \[0, 1\], got 2/],
    [{ restrict: { afterBlock: 0, elements: [1] } }, /expected elements of p4 that multiply among themselves/],
    [{ channels: 0 }, /channels must be a whole number from 1, got 0/],
    [{ rng: undefined }, /needs a source of random numbers/],
    [{ depth: 3 }, /no option 'depth'/],
  ]; // biome-ignore format: a table
  for (const [options, message] of refusals) assertThrows(() => make(options as never), OptionError, message);
  for (const options of [{ crop: 4 }, { size: 1 }]) assertThrows(() => make(options), ShapeError);
  scope(() => {
    const net = make();
    const message = /^GroupAttentionNet: images must be \[batch, height, width, 1\], got \[1, 8, 8, 3\]$/;
    assertThrows(() => net.forward(zeros([1, 8, 8, 3])), ShapeError, message);
    net.dispose();
  });
  assert.is(memory().tensors, before);
});

test('with attention to patches, images of other sides are taken', () => {
  const net = make();
  scope(() => {
    const x = rng.normal([1, 12, 12, 1]) as Tensor;
    const logits = net.forward(x);
    assert.ok(errorOf(net.forward(actOnImages(x, groups.p4, 3)).dataSync(), logits.dataSync()) < 1e-5);
  });
  net.dispose();
});

test.run();

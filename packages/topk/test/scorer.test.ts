/** The scorer and its squeeze and excite. */
import { memory, OptionError, ones, Rng, ShapeError, scope, type Tensor, tensor, zeros } from '@saccade/tensor';
import { assertClose, assertThrows } from '@saccade/testing';
import { Golden } from '@saccade/testing/golden';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Scorer } from '../src/model/scorer.js';
import { SqueezeExcite } from '../src/model/squeeze-excite.js';
import { assertGradients, assertNear, fill, type Names, pullBack } from './golden-modules.js';

interface Case {
  readonly shape: readonly [number, number, number, number];
  readonly scores: readonly number[];
  readonly channels: readonly number[];
  readonly pool: number;
  readonly squeezeExcite: boolean;
  readonly reduction: number;
}

const golden = new Golden<Readonly<Record<string, Case>>, Tensor>(new URL('golden/scorer', import.meta.url), tensor);
const rng = new Rng(1);

test('the grids are those of the paper, and one score sees sixteen pixels', () => {
  const scorer = new Scorer({ rng });
  assert.equal(scorer.gridOf(320, 426), { rows: 39, columns: 52 });
  assert.equal(scorer.gridOf(250, 250), { rows: 30, columns: 30 });
  assert.is(scorer.receptiveField, 16);
  scope(() => assert.equal([...scorer.forward(zeros([2, 16, 25, 3])).shape], [2, 1, 2]));
  scorer.dispose();
});

test('names of the state follow the layers, biases start at 0 and weights with the variance of their inputs', () => {
  const scorer = new Scorer({ rng, inChannels: 16, channels: [64, 64], squeezeExcite: true });
  const names = [0, 1, 2].flatMap((i) => [`convs.${i}.weight`, `convs.${i}.bias`]);
  assert.equal([...scorer.parameters().keys()].sort(), [
    ...names.sort(),
    'squeeze_excites.0.excite.weight',
    'squeeze_excites.0.squeeze.weight',
  ]);
  scope(() => {
    for (const { bias } of scorer.convs) assert.is((bias as Tensor).abs().max().item(), 0);
    assertClose(scorer.convs[0]!.weight.square().mean().item(), 1 / (16 * 9), { rtol: 0.1 });
  });
  scorer.dispose();
});

test('an image that is too small is an error that names the least size at full resolution', () => {
  const scorer = new Scorer({ rng, downscale: 4 });
  const message = /Scorer: images must be at least 64 x 64 pixels; one of 15 x 40, downscaled by 4, leaves no score/;
  assertThrows(() => scorer.gridOf(15, 40), ShapeError, message);
  scope(() => assertThrows(() => scorer.forward(zeros([1, 15, 40, 3])), ShapeError, message));
  scorer.dispose();
});

test('bad options and shapes are typed errors, and a constructor that fails leaves no tensor', () => {
  const before = memory().tensors;
  const refusals: [() => unknown, RegExp][] = [
    [() => new Scorer({} as never), /Scorer: needs a source of random numbers/],
    [() => new Scorer({ rng, pools: 3 } as never), /Scorer: no option 'pools'/],
    [() => new Scorer({ rng, channels: [] }), /channels must be at least 1 whole numbers from 1, got \[\]/],
    [() => new Scorer({ rng, channels: [8, 0] }), /channels must be .* got \[8, 0\]/],
    [() => new Scorer({ rng, pool: 0 }), /pool must be a whole number from 1, got 0/],
    [() => new Scorer({ rng, squeezeExcite: true, reduction: 0 }), /reduction must be a whole number from 1/],
    [() => new SqueezeExcite(1.5, { rng }), /channels must be a whole number from 1, got 1.5/],
  ];
  for (const [make, message] of refusals) assertThrows(make, OptionError, message);
  assert.is(memory().tensors, before);
  const scorer = new Scorer({ rng });
  const expected = /Scorer: images must be \[batch, height, width, 3\], got \[1, 20, 20, 1\]/;
  scope(() => assertThrows(() => scorer.forward(zeros([1, 20, 20, 1])), ShapeError, expected));
  scorer.dispose();
});

test('squeeze and excite without weights halves everything, and few channels keep one in between', () => {
  scope(() => {
    const layer = new SqueezeExcite(4, { rng });
    assert.equal([...layer.squeeze.weight.shape], [1, 4]);
    layer.loadStateDict(new Map(Array.from(layer.stateDict(), ([name, t]) => [name, t.mul(0)])));
    assertClose(layer.forward(ones([1, 2, 2, 4])).dataSync(), new Float32Array(16).fill(0.5));
    layer.dispose();
  });
});

/** Our names and the reference's. */
function namesOf({ channels, squeezeExcite }: Case): Names {
  const convs = [...channels, 1].flatMap((_, i): [string, string][] => [
    [`convs.${i}.weight`, `conv${i}.w`],
    [`convs.${i}.bias`, `conv${i}.b`],
  ]);
  const excites = channels.slice(1).flatMap((_, i): [string, string][] => [
    [`squeeze_excites.${i}.squeeze.weight`, `se${i}.w1`],
    [`squeeze_excites.${i}.excite.weight`, `se${i}.w2`],
  ]);
  return new Map([...convs, ...(squeezeExcite ? excites : [])]);
}

for (const [name, one] of Object.entries(golden.scalars)) {
  test(`${name}: scores and gradients are the reference's`, () => {
    scope(() => {
      const { shape, channels, pool, squeezeExcite, reduction } = one;
      const scorer = new Scorer({ rng, inChannels: shape[3], channels, pool, squeezeExcite, reduction });
      fill(scorer, golden, `${name}.param.`, namesOf(one));
      const x = golden.tensor(`${name}.x`);
      const wanted = new Map([...scorer.parameters(), ['x', x] as const]);
      const { y, gradients } = pullBack(() => scorer.forward(x), golden.tensor(`${name}.grad_out`), wanted);
      assert.equal([...y.shape], one.scores);
      assertNear(y, golden.values(`${name}.scores`), 5e-5, 'scores');
      assertNear(gradients.get('x') as Tensor, golden.values(`${name}.grad_x`), 5e-5, 'grad_x');
      assertGradients(gradients, golden, `${name}.grad.`, namesOf(one), 5e-5);
      scorer.dispose();
    });
  });
}

test('a forward pass leaves its result and nothing else', () => {
  const scorer = new Scorer({ rng, squeezeExcite: true });
  const x = zeros([1, 20, 20, 3]);
  const before = memory().tensors;
  scorer.forward(x).dispose();
  assert.is(memory().tensors, before);
  for (const one of [scorer, x]) one.dispose();
});

test.run();

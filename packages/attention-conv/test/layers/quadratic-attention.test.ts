/** Quadratic attention: what it is, the release's layer by its vectors, and what it makes of unusual images and parameters. */
import {
  assign,
  init,
  memory,
  OptionError,
  Rng,
  ShapeError,
  scope,
  sum,
  type Tensor,
  tensor,
  valueAndGradOf,
  zeros,
} from '@saccade/tensor';
import { assertClose, assertThrows, onTestDevice, testDevice } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Covariance, QuadraticAttention } from '../../src/layers/quadratic-attention.js';
import { assertGradients, assertOutput, assertWeights, cases, fill, pullBack } from '../reference.js';

onTestDevice(test, init);

/** Tests that read at once. */
const onCpu = (name: string, body: () => void): void => {
  if (testDevice === 'wasm') test(name, () => scope(body));
};

const rng = new Rng(0);
const covariances: readonly Covariance[] = ['isotropic', 'diagonal', 'full'];

function layerWith(covariance: Covariance, spreads: readonly (number | number[] | number[][])[]): QuadraticAttention {
  const layer = new QuadraticAttention({ inputs: 2, heads: spreads.length, covariance, rng });
  assign(layer.spreads, tensor(spreads as number[]));
  return layer;
}

onCpu('a layer starts with centres around the query, spreads near 1 and the names of the release', () => {
  const shapes = { isotropic: [1000], diagonal: [1000, 3], full: [1000, 3, 3] };
  for (const covariance of covariances) {
    const layer = new QuadraticAttention({ inputs: 1, heads: 1000, dims: 3, covariance, rng });
    assert.equal([...layer.spreads.shape], shapes[covariance]);
    const names = ['value.weight', 'value.bias', 'attention_centers', 'attention_spreads'];
    assert.equal([...layer.parameters().keys()], names);
    assertClose(layer.centers.square().mean().item(), 4, { rtol: 0.1 });
    const one = covariance === 'full' ? 1 / 3 : 1;
    assertClose(layer.spreads.mean().item(), one, { rtol: 0.01 });
    assert.equal(layer.config.covariance, covariance);
    layer.dispose();
  }
});

onCpu('images of one row, one column, one pixel, or no image at all are images too', () => {
  for (const covariance of covariances) {
    const layer = new QuadraticAttention({ inputs: 2, outputs: 3, heads: 4, covariance, rng });
    for (const extents of [
      [1, 6],
      [6, 1],
      [3, 7],
    ]) {
      assert.equal([...layer.forward(rng.normal([2, ...extents, 2])).shape], [2, ...extents, 3]);
    }
    const pixel = rng.normal([1, 1, 1, 2]);
    const sums = layer.maps().sum({ axis: 0 });
    const expected = pixel
      .reshape([1, 2])
      .matmul(sums)
      .add(layer.bias as Tensor);
    assertClose(layer.forward(pixel).dataSync(), expected.dataSync(), { atol: 1e-6 });
    assert.equal([...layer.forward(zeros([0, 3, 3, 2])).shape], [0, 3, 3, 3]);
    layer.dispose();
  }
});

onCpu('bad options and images are typed errors, and a constructor that fails leaves no tensor', () => {
  const before = memory().tensors;
  const good = { inputs: 2, heads: 1, rng };
  const refusals: [object, RegExp][] = [
    [{ covariance: 'round' }, /QuadraticAttention: covariance must be one of isotropic, diagonal, full, got "round"/],
    [{ centerDeviation: -1 }, /centerDeviation must be a number from 0, got -1/],
    [{ spreadDeviation: Number.NaN }, /spreadDeviation must be a number from 0, got NaN/],
    [{ dims: 4 }, /dims must be a whole number in \[1, 3\], got 4/],
    [{ inputs: 0 }, /inputs must be a whole number from 1, got 0/],
    [{ heads: 1.5 }, /heads must be a whole number from 0, got 1.5/],
    [{ headChannels: 0 }, /headChannels must be a whole number from 1, got 0/],
    [{ rng: undefined }, /needs a source of random numbers/],
    [{ spread: 1 }, /spread/],
  ];
  for (const [options, message] of refusals) {
    assertThrows(() => new QuadraticAttention({ ...good, ...options } as never), OptionError, message);
  }
  assert.is(memory().tensors, before);
  const layer = new QuadraticAttention(good);
  const wrong = /QuadraticAttention: images must be \[batch, height, width, 2\], got/;
  assertThrows(() => layer.forward(zeros([1, 3, 3])), ShapeError, wrong);
  assertThrows(() => layer.forward(zeros([1, 2, 3, 3])), ShapeError, /got \[1, 2, 3, 3\]; channels come last here/);
  assertThrows(() => layer.forward(undefined as never), ShapeError, /got no tensor/);
  assertThrows(() => layer.forward(zeros([1, 0, 3, 2])), ShapeError, /axis 0 of extent 0 is too small/);
  layer.dispose();
});

onCpu('a spread of 0 is uniform attention, and the sign of a spread counts nothing', () => {
  const x = rng.normal([1, 3, 4, 2]);
  const [none, positive, negative] = [0, 0.7, -0.7].map((s) => layerWith('isotropic', [s])) as [
    QuadraticAttention,
    QuadraticAttention,
    QuadraticAttention,
  ];
  assertClose(none.weightsFor(x, 0, 12).dataSync(), new Array<number>(144).fill(1 / 12), { rtol: 1e-6 });
  assert.is(none.headFacts()[0]?.degenerate, true);
  assign(negative.centers, positive.centers);
  assert.equal(negative.weightsFor(x, 0, 12).dataSync(), positive.weightsFor(x, 0, 12).dataSync());
  for (const layer of [none, positive, negative]) layer.dispose();
});

onCpu('a singular precision is degenerate, and neither outputs nor gradients are NaN', () => {
  const singular = [
    [
      [0, 0],
      [0, 0],
    ],
    [
      [1, 0],
      [0, 0],
    ],
    [
      [1, 2],
      [0.5, 1],
    ],
  ];
  const layer = layerWith('full', singular);
  const x = rng.normal([1, 4, 3, 2]);
  assert.equal(
    layer.headFacts().map(({ degenerate }) => degenerate),
    [true, true, true],
  );
  const [y, gradients] = valueAndGradOf(new Map([['x', x], ...layer.parameters()]), () =>
    sum(layer.forward(x).square()),
  );
  for (const t of [y, ...gradients.values()]) assert.ok(t.dataSync().every(Number.isFinite));
  layer.dispose();
});

onCpu('a NaN stays where hard heads look at it, and reaches all outputs of soft ones', () => {
  const layer = layerWith('isotropic', [16, 16, 16]);
  assign(
    layer.centers,
    tensor([
      [0, 0],
      [0, 1],
      [-1, 0],
    ]),
  );
  const x = assignAt(rng.normal([1, 5, 6, 2]), (2 * 6 + 3) * 2, Number.NaN);
  const isBad = (y: Tensor): boolean[] =>
    Array.from({ length: 30 }, (_, i) =>
      y
        .dataSync()
        .subarray(2 * i, 2 * i + 2)
        .some((v) => Number.isNaN(v)),
    );
  // Queries (2, 3), (2, 2) and (3, 3), whose heads look at (2, 3).
  const expected = Array.from({ length: 30 }, (_, i) => [15, 14, 21].includes(i));
  assert.equal(isBad(layer.forward(x)), expected);
  assert.equal(isBad(layer.forward(x, { evaluation: 'hard' })), expected);
  for (const evaluation of ['separable', 'tiled'] as const) {
    assert.ok(
      isBad(layer.forward(x, { evaluation })).every((bad) => bad),
      evaluation,
    );
  }
  layer.dispose();
});

/** A copy with another value at a place. */
function assignAt(t: Tensor, place: number, value: number): Tensor {
  const data = Array.from(t.dataSync());
  data[place] = value;
  return tensor(data).reshape(t.shape);
}

interface Case {
  readonly isotropic: boolean;
  readonly heads: number;
  readonly hidden: number;
}

const golden = cases<Case>('gaussian');

for (const [name, { isotropic, heads, hidden }] of Object.entries(golden.scalars)) {
  test(`${name}: output, weights and all gradients are the release's`, async () => {
    const before = memory().tensors;
    await scope(async () => {
      const layer = new QuadraticAttention({
        inputs: hidden,
        heads,
        covariance: isotropic ? 'isotropic' : 'full',
        rng,
      });
      fill(layer, golden, `${name}.param.`);
      const [x, cotangent] = [golden.tensor(`${name}.x`), golden.tensor(`${name}.G`)];
      const wanted = new Map<string, Tensor>([['x', x], ...layer.parameters()]);
      const { y, gradients } = pullBack(() => layer.forward(x), cotangent, wanted);
      await assertOutput(y, golden.values(`${name}.out`), `${name}.out`);
      await assertGradients(gradients, golden, `${name}.grad.`);
      await assertWeights(layer, x.at('0:1'), golden.values(`${name}.probs`), { queriesFirst: true }, `${name}.probs`);
      layer.dispose();
    });
    assert.is(memory().tensors, before);
  });
}

for (const [name, { isotropic, heads, hidden }] of Object.entries(golden.scalars)) {
  onCpu(`${name}: precision and centre are those of the release's vectors of scores`, () => {
    const covariance = isotropic ? 'isotropic' : 'full';
    const layer = new QuadraticAttention({ inputs: hidden, heads, covariance, rng });
    fill(layer, golden, `${name}.param.`);
    // The release's scores are u . (d1, d2, d1^2, d2^2, d1 d2), with P = [[a, b], [b, c]].
    const vectors = layer.spreadsNow().flatMap(({ center: [m1, m2], precision: { data } }) => {
      const [a, b, , c] = data as unknown as [number, number, number, number];
      return [a * m1! + b * m2!, c * m2! + b * m1!, -a / 2, -c / 2, -b];
    });
    assertClose(vectors, golden.values(`${name}.target_vectors`), { rtol: 1e-5, atol: 1e-6 });
    layer.dispose();
  });
}

test.run();

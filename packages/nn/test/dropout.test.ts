/** Dropout whose mask is repeated along axes. */
import { grad, init, OptionError, ones, Rng, ShapeError, scope, sum, type Tensor, zeros } from '@saccade/tensor';
import { assertClose, assertThrows, onTestDevice } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Dropout } from '../src/index.js';

onTestDevice(test, init);

test('along shared axes one mask is repeated, and other axes are drawn by themselves', async () => {
  await scope(async () => {
    const layer = new Dropout(0.5, { rng: new Rng(2), shared: [1, -2] });
    const y = await layer.forward(ones([8, 3, 2, 16])).data();
    const kept = new Set<number>();
    for (let image = 0; image < 8; image++) {
      for (let channel = 0; channel < 16; channel++) {
        const values = Array.from({ length: 6 }, (_, place) => y[(image * 6 + place) * 16 + channel] as number);
        assert.is(new Set(values).size, 1, 'one value for all places');
        kept.add(values[0] as number);
      }
    }
    assert.equal([...kept].sort(), [0, 2]);
  });
});

test('what is dropped has no gradient, what is kept that of its factor', async () => {
  await scope(async () => {
    const layer = new Dropout(0.25, { rng: new Rng(1), shared: [0] });
    const state = layer.rng.state;
    const x = ones([2, 40]);
    const y = await layer.forward(x).data();
    layer.rng.state = state;
    assertClose(await grad((t: Tensor) => sum(layer.forward(t)))(x).data(), y);
  });
});

test('without shared axes the same numbers are drawn as for a mask of the shape of its input', async () => {
  await scope(async () => {
    const [a, b] = [new Dropout(0.5, { rng: new Rng(3) }), new Dropout(0.5, { rng: new Rng(3), shared: [] })];
    const x = ones([4, 5]);
    const y = await a.forward(x).data();
    assert.equal(y, await b.forward(x).data());
    assert.ok(new Set(y).size === 2);
    assert.is(new Dropout(0.5, { rng: new Rng(3), shared: [0] }).eval().forward(x), x);
  });
});

test('shared axes that are no axes are typed errors', () => {
  scope(() => {
    const rng = new Rng(1);
    assertThrows(
      () => new Dropout(0.5, { rng, shared: 1 as never }),
      OptionError,
      /Dropout: shared must be a list of axes such as \[1, 2\], got 1/,
    );
    assertThrows(() => new Dropout(0.5, { rng, shared: [0.5] }), OptionError, /shared must be a list .* got \[0.5\]/);
    const layer = new Dropout(0.5, { rng, shared: [1, 2] });
    assertThrows(() => layer.forward(zeros([3, 4])), ShapeError, /shared axis 2 is not in a tensor of shape \[3, 4\]/);
    const back = new Dropout(0.5, { rng, shared: [-3] }).eval();
    assertThrows(() => back.forward(zeros([3, 4])), ShapeError, /shared axis -3 is not in a tensor/);
  });
});

test.run();

import { createJsDevice, createWasmDevice } from '@saccade/kernels';
import { OptionError, Rng, tensor, zeros } from '@saccade/tensor';
import { assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { worthMoving } from '../src/compress/on-device.js';
import { qsgd } from '../src/compress/qsgd.js';
import { topK } from '../src/compress/top-k.js';

test('a tensor gives what its values give, on every device of the host, and nothing is left behind', () => {
  for (const device of [createWasmDevice({ threads: 1 }), createWasmDevice({ threads: 2 }), createJsDevice()]) {
    for (const n of [5, 50_000]) {
      const x = new Rng(n).normal([n], { device });
      const values = x.dataSync() as Float32Array;
      topK(x as never, 1); // the first call brings the kernels
      const before = device.memory().buffers;
      assert.equal(topK(x as never, 3), topK(values, 3));
      assert.equal(topK(x as never, 2 * n).indices.length, n);
      assert.is(device.memory().buffers, before);
    }
    device.dispose();
  }
});

test('what is no vector of floats is refused', () => {
  assertThrows(
    () => topK(zeros([2, 3]) as never, 1),
    OptionError,
    /float32 with one axis and entries, got float32 \[2, 3\]/,
  );
  assertThrows(() => topK(tensor([1, 2], { dtype: 'int32' }) as never, 1), OptionError, /got int32 \[2\]/);
  assertThrows(() => topK(zeros([0]) as never, 1), OptionError, /and entries/);
  assertThrows(() => topK(tensor([1, Number.NaN]) as never, 1), OptionError, /entries must be finite, got 1 that/);
  assertThrows(() => topK(zeros([2]) as never, 0), OptionError, /k must be a whole number from 1, got 0/);
});

test('long vectors with entries that are not finite are refused with the place of the first', () => {
  const vector = new Float32Array(worthMoving + 1).fill(1);
  vector[777] = Number.POSITIVE_INFINITY;
  assertThrows(() => topK(vector, 5), OptionError, /entries must be finite, got Infinity at 777/);
  assertThrows(() => qsgd(vector, 4, new Rng(0)), OptionError, /got Infinity at 777/);
});

test('a generator does not move on where long vectors are refused, and does where they are not, as with short ones', () => {
  const vector = new Float32Array(worthMoving + 1).fill(1);
  const rng = new Rng(5);
  const before = rng.state;
  vector[3] = Number.NaN;
  assertThrows(() => qsgd(vector, 4, rng), OptionError, /got NaN at 3/);
  assert.equal(rng.state, before);
  vector[3] = 1;
  qsgd(vector, 4, rng);
  const other = new Rng(5);
  qsgd(Float64Array.from(vector), 4, other);
  assert.equal(rng.state, other.state);
});

test('long vectors whose norm float32 does not hold have the largest number as norm', () => {
  const vector = new Float32Array(20_000).fill(3e38);
  vector[7] = 0;
  const { norms, levels } = qsgd(vector, 16, new Rng(1));
  assert.equal([...norms], [(2 - 2 ** -23) * 2 ** 127]);
  assert.ok(levels.every((level, i) => (i === 7 ? level === 0 : level === 14 || level === 15)));
});

test('precision makes no difference to long vectors: float64 is searched in plain JavaScript', () => {
  const vector = new Rng(3).normal([worthMoving + 5]).dataSync() as Float32Array;
  assert.equal(topK(vector, 100).indices, topK(Float64Array.from(vector), 100).indices);
  const uniforms = new Rng(4).uniform([vector.length]).dataSync() as Float32Array;
  const single = qsgd(vector, 16, { uniforms });
  const double = qsgd(Float64Array.from(vector), 16, { uniforms: Float64Array.from(uniforms) });
  let differ = 0;
  for (let i = 0; i < vector.length; i++) differ += Number(single.levels[i] !== double.levels[i]);
  // The norm of float32 vectors is rounded to float32.
  assert.ok(differ < 5, `${differ} levels differ`);
});

test.run();

/** Attention: against its definition, with masks and biases, and what is refused. */
import { DTypeError, OptionError, ShapeError } from '@saccade/kernels';
import { assertClose, assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { attention, attentionWeights, grad, matmul, Rng, scope, type Tensor, tensor, zeros } from '../src/index.js';
import { onDevices } from './devices.js';
import { assertTensor, counting, truth, values, whole } from './values.js';

const inScope = (name: string, body: () => void): void => onDevices(test, name, () => scope(body));

/** Batch and heads, queries, keys, channels, value channels. */
const sizes: readonly (readonly [readonly number[], number, number, number, number])[] = [
  [[], 3, 5, 4, 2],
  [[2], 7, 7, 3, 3],
  [[2, 3], 5, 9, 8, 6],
  [[1], 70, 130, 16, 16],
  [[2], 1, 33, 5, 1],
];

inScope('attention is its weights times the values, with all options', () => {
  const rng = new Rng(11);
  for (const [lead, queries, keys, channels, out] of sizes) {
    const query = rng.normal([...lead, queries, channels]);
    const key = rng.normal([...lead, keys, channels]);
    const value = rng.normal([...lead, keys, out]);
    const bias = rng.normal([queries, keys]);
    const wide = rng.normal([...lead.map(() => 1), 1, keys]);
    const mask = rng.bernoulli([...lead, queries, keys], 0.7);
    for (const options of [
      {},
      { causal: true },
      { bias },
      { bias: wide, scale: 0.1 },
      { mask },
      { mask, bias, causal: true },
      { scale: 0 },
    ]) {
      const fused = attention(query, key, value, options);
      const whole = matmul(attentionWeights(query, key, options), value);
      assert.equal(fused.shape, [...lead, queries, out]);
      assertClose(values(fused), values(whole), { rtol: 1e-4, atol: 2e-6 });
    }
  }
});

inScope('a query that sees nothing gives zeros', () => {
  const x = counting(2, 2).add(1);
  assertTensor(attention(x, x, x, { mask: truth([0, 0, 1, 0], [2, 2]) }), [2, 2], [0, 0, 1, 2]);
  assertTensor(attentionWeights(x, x.at(':1'), { causal: true }), [2, 1], [0, 1]);
  assertTensor(attention(x, x.at(':1'), x.at(':1'), { causal: true }), [2, 2], [0, 0, 1, 2]);
});

inScope('operands of attention that do not fit are refused', () => {
  const [q, k, v] = [zeros([2, 3, 4]), zeros([2, 5, 4]), zeros([2, 5, 1])];
  const shapes = /attention: expected query .* got \[2, 3, 4\], \[2, 5, 4\], \[2, 4, 1\]/;
  assertThrows(() => attention(q, k, zeros([2, 4, 1])), ShapeError, shapes);
  assertThrows(() => attention(q, zeros([2, 5, 3]), v), ShapeError, /attention: expected/);
  assertThrows(() => attention(q, zeros([5, 4]), zeros([5, 1])), ShapeError, /attention: expected/);
  assertThrows(() => attention(zeros([4]), zeros([4]), zeros([4])), ShapeError, /attention: expected/);
  assertThrows(
    () => attentionWeights(q, zeros([2, 5, 3])),
    ShapeError,
    /attentionWeights: expected .* got \[2, 3, 4\], \[2, 5, 3\]/,
  );
  assertThrows(
    () => attention(q, k, v, { bias: zeros([4]) }),
    ShapeError,
    /bias \[4\] does not broadcast to the scores \[2, 3, 5\]/,
  );
  const deep = truth([1, 1, 1], [3, 1, 1, 1]);
  assertThrows(() => attention(q, k, v, { mask: deep }), ShapeError, /mask \[3, 1, 1, 1\] does not broadcast/);
  assertThrows(() => attention(q, k, v, { mask: zeros([5]) }), DTypeError, /attention: mask must be bool, got float32/);
  assertThrows(() => attention(q, k, v, { bias: whole([1]) }), DTypeError, /attention: expected float32 or float64/);
  for (const scale of [Number.NaN, Infinity]) {
    assertThrows(() => attention(q, k, v, { scale }), OptionError, /attention: scale must be a finite number, got/);
  }
});

test('a bias of -Infinity hides a key as the mask does, in the fused form and in the one that holds the weights', () => {
  scope(() => {
    const rng = new Rng(1);
    const [q, k, v] = [rng.normal([2, 4]), rng.normal([3, 4]), rng.normal([3, 5])];
    const bias = tensor([[0, -Infinity, 1], [-Infinity, -Infinity, -Infinity]]); // biome-ignore format: a table
    const whole = matmul(attentionWeights(q, k, { bias }), v);
    assertClose(attention(q, k, v, { bias }).dataSync(), whole.dataSync(), { rtol: 1e-5, atol: 1e-6 });
    assert.equal([...whole.at(1).dataSync()], [0, 0, 0, 0, 0]);
    const slope = grad((t: Tensor) =>
      matmul(attentionWeights(t, k, { bias }), v)
        .square()
        .sum(),
    )(q);
    assert.ok(slope.dataSync().every(Number.isFinite));
  });
});

test.run();

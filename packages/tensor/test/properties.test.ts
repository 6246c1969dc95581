/** Properties that hold for any tensors, on random ones from a fixed seed. */
import { assertClose } from '@saccade/testing';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  add,
  at,
  broadcastTo,
  concat,
  flip,
  gather,
  matmul,
  memory,
  mul,
  reshape,
  roll,
  scatterAdd,
  scope,
  softmax,
  sort,
  split,
  sub,
  sum,
  sumTo,
  swapAxes,
  type Tensor,
  takeAlong,
  tensor,
  transpose,
} from '../src/index.js';
import { onDevices } from './devices.js';
import { values, whole } from './values.js';

const runs = { seed: 20240501, numRuns: 60 };

/** A shape of at most four axes, now and then with none or empty ones. */
const shapes = fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 4 });
const number = fc.integer({ min: -64, max: 64 }).map((n) => n / 8);

const tensorOf = (shape: readonly number[]): fc.Arbitrary<Tensor> => {
  const size = shape.reduce((product, extent) => product * extent, 1);
  return fc
    .array(number, { minLength: size, maxLength: size })
    .map((list) => tensor(Float32Array.from(list), { shape }));
};
const tensors = shapes.chain(tensorOf);

/** A tensor with at least one axis and one element, and one of its axes. */
const withAxis = fc
  .array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 })
  .chain((shape) => fc.tuple(tensorOf(shape), fc.integer({ min: -shape.length, max: shape.length - 1 })));

/** Checks a property inside a scope of its own each time. */
function always<T>(arbitrary: fc.Arbitrary<T>, body: (value: T) => void): () => void {
  return () => {
    const before = memory().tensors;
    scope(() =>
      fc.assert(
        fc.property(arbitrary, (value) => scope(() => body(value))),
        runs,
      ),
    );
    assert.is(memory().tensors, before);
  };
}

const same = (a: Tensor, b: Tensor): void => {
  assert.equal(a.shape, b.shape);
  assert.equal(values(a), values(b));
};

onDevices(
  test,
  'sums commute, products distribute, differences cancel',
  always(
    shapes.chain((s) => fc.tuple(tensorOf(s), tensorOf(s), tensorOf(s))),
    ([a, b, c]) => {
      same(add(a, b), add(b, a));
      same(mul(a, add(b, c)), add(mul(a, b), mul(a, c)));
      same(sub(add(a, b), b), a);
    },
  ),
);

onDevices(
  test,
  'reshaping, transposing, flipping and rolling there and back changes nothing',
  always(fc.tuple(withAxis, fc.integer({ min: -9, max: 9 })), ([[x, axis], shift]) => {
    same(reshape(reshape(x, [-1]), x.shape), x);
    same(transpose(transpose(x)), x);
    same(flip(flip(x, axis), axis), x);
    same(roll(roll(x, shift, axis), -shift, axis), x);
    same(at(x, '...', '::-1'), flip(x, -1));
  }),
);

onDevices(
  test,
  'parts join to the whole',
  always(fc.tuple(withAxis, fc.nat(5)), ([[x, axis], cut]) => {
    const extent = x.shape.at(axis) as number;
    const first = Math.min(cut, extent);
    same(concat(split(x, [first, extent - first], axis), axis), x);
  }),
);

onDevices(
  test,
  'summing is adjoint to repeating',
  always(
    shapes.chain((s) => {
      const narrow = s.map((extent, i) => (i % 2 ? extent : 1)).slice(s.length > 2 ? 1 : 0);
      return fc.tuple(tensorOf(s), tensorOf(narrow));
    }),
    ([wide, narrow]) => {
      const left = sum(mul(wide, broadcastTo(narrow, wide.shape))).item();
      const right = sum(mul(sumTo(wide, narrow.shape), narrow)).item();
      assertClose(left, right, { rtol: 1e-5, atol: 1e-3 });
    },
  ),
);

onDevices(
  test,
  'gathering is adjoint to scattering',
  always(fc.tuple(withAxis, fc.array(fc.nat(99), { maxLength: 6 })), ([[x, axis], picks]) => {
    const extent = x.shape.at(axis) as number;
    const indices = whole(picks.map((i) => i % extent));
    const y = gather(x, indices, { axis });
    const left = sum(mul(y, y)).item();
    const right = sum(mul(x, scatterAdd(x.shape, indices, y, { axis }))).item();
    assertClose(left, right, { rtol: 1e-5, atol: 1e-3 });
  }),
);

onDevices(
  test,
  'the product of matrices is associative and turns around under transposition',
  always(
    fc.tuple(...[1, 2, 3, 4].map(() => fc.integer({ min: 1, max: 7 }))).chain((n) => {
      const [a, b, c, d] = n as [number, number, number, number];
      return fc.tuple(tensorOf([a, b]), tensorOf([b, c]), tensorOf([c, d]));
    }),
    ([a, b, c]) => {
      const close = { rtol: 1e-4, atol: 1e-2 };
      assertClose(values(matmul(matmul(a, b), c)), values(matmul(a, matmul(b, c))), close);
      assertClose(values(transpose(matmul(a, b))), values(matmul(transpose(b), transpose(a))), close);
    },
  ),
);

onDevices(
  test,
  'sorting orders and keeps the values, softmax sums to 1 and minds no shift',
  always(withAxis, ([x, axis]) => {
    const { values: ordered, indices } = sort(x, { axis });
    assert.equal([...values(ordered)].sort(), [...values(x)].sort());
    same(takeAlong(x, indices, { axis }), ordered);
    const rows = swapAxes(ordered, axis, -1);
    assert.ok(values(sub(at(rows, '...', '1:'), at(rows, '...', ':-1'))).every((step) => step >= 0));
    const p = softmax(x, { axis });
    assertClose(values(sum(p, { axis })), new Array(values(sum(p, { axis })).length).fill(1), { rtol: 1e-5 });
    assertClose(values(softmax(add(x, 3), { axis })), values(p), { rtol: 1e-4 });
  }),
);

onDevices(
  test,
  'printing never fails and begins with type and shape',
  always(tensors, (x) => {
    assert.ok(String(x).startsWith(`Tensor float32 [${x.shape.join(', ')}]\n`));
  }),
);

test.run();

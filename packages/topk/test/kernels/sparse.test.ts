/** The plain version of sparse top-k. */
import { Rng, scope } from '@saccade/tensor';
import { assertClose } from '@saccade/testing';
import { Golden } from '@saccade/testing/golden';
import * as fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { sparse, sparseGrad } from '../../src/kernels/js/sparse.js';

const golden = new Golden<Record<string, { n: number; k: number; sparse_l: number }>>(
  new URL('../golden/relaxations', import.meta.url),
);

function numbers(seed: number, count: number): Float64Array {
  return scope(() => Float64Array.from(new Rng(seed).normal([count]).dataSync()));
}

function forward(x: ArrayLike<number>, k: number, l: number, p: number): Float64Array {
  const y = new Float64Array(x.length);
  sparse(x, y, 1, x.length, k, l, 1 / (p - 1));
  return y;
}

function backward(x: ArrayLike<number>, g: ArrayLike<number>, k: number, l: number, p: number): Float64Array {
  const dx = new Float64Array(x.length);
  sparseGrad(x, g, dx, new Float64Array(1), 1, x.length, k, l, 1 / (p - 1));
  return dx;
}

const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);

test('infinite scores are selected always or never, or share k where they are more, and k = n selects all', () => {
  const x = [1, 2, Infinity, -Infinity, 1.1, 50];
  assertClose(forward(x, 2.5, 0.1, 2), [0, 0.5, 1, 0, 0, 1]);
  assertClose(forward(x, 5, 0.1, 2), [1, 1, 1, 0, 1, 1]);
  assertClose(forward([3, 1, 2], 3, 0.1, 4 / 3), [1, 1, 1]);
  assertClose(forward([Infinity, Infinity], 1, 0.1, 2), [0.5, 0.5]);
  assertClose(backward(x, [1, 2, 3, 4, 5, 6], 2.5, 0.1, 2), [0, 0, 0, 0, 0, 0]);
});

test('a gap of l or more makes the mask hard and its gradient 0', () => {
  const x = [0.1, 0.9, 0.7, 0.2, 0.21];
  for (const p of [2, 4 / 3, 3]) {
    assert.equal([...forward(x, 2, 0.4, p)], [0, 1, 1, 0, 0]);
    assert.equal([...backward(x, [1, 2, 3, 4, 5], 2, 0.4, p)], [0, 0, 0, 0, 0]);
  }
});

test('values and gradients are those of the reference', () => {
  for (const [name, { k, sparse_l }] of Object.entries(golden.scalars)) {
    const x = golden.values(`${name}.x`);
    for (const [method, p] of [
      ['sparse2', 2],
      ['sparse43', 4 / 3],
    ] as const) {
      assertClose(forward(x, k, sparse_l, p), golden.values(`${name}.${method}`), { atol: 1e-13 }, `${name} ${method}`);
      const dx = backward(x, golden.values(`${name}.grad_mask`), k, sparse_l, p);
      assertClose(dx, golden.values(`${name}.${method}_grad_x`), { atol: 1e-12 }, `${name} ${method}`);
    }
  }
});

test('for any real k the mask sums to k, and its gradient is that of differences', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 20 }),
      fc.nat(999),
      fc.double({ min: 0.02, max: 0.98, noNaN: true }),
      fc.constantFrom(2, 4 / 3, 1.5),
      (n, seed, share, p) => {
        const x = numbers(seed, n);
        const k = seed % 3 === 0 ? 1 + (seed % (n - 1)) : share * n;
        const y = forward(x, k, 0.8, p);
        assertClose(sum(y), k, { rtol: 1e-12 });
        const g = numbers(seed + 1, n);
        const h = 1e-6;
        const slope = (at: number): number => {
          const loss = (by: number): number =>
            sum(
              forward(
                x.map((value, i) => (i === at ? value + by : value)),
                k,
                0.8,
                p,
              ).map((value, i) => value * (g[i] as number)),
            );
          return (loss(h) - loss(-h)) / (2 * h);
        };
        const edge = x.some(
          (_, i) =>
            (y[i] as number) > 0 && ((y[i] as number) < 1e-4 || ((y[i] as number) > 1 - 1e-4 && (y[i] as number) < 1)),
        );
        if (!edge)
          assertClose(
            backward(x, g, k, 0.8, p),
            Float64Array.from(x, (_, i) => slope(i)),
            { rtol: 1e-4, atol: 1e-5 },
          );
      },
    ),
    { numRuns: 200, seed: 2 },
  );
});

test.run();

/** The plain version of LapSum. */
import { Rng, scope } from '@saccade/tensor';
import { assertClose } from '@saccade/testing';
import { Golden } from '@saccade/testing/golden';
import * as fc from 'fast-check';
import { test } from 'uvu';
import { lapsum, lapsumGrad } from '../../src/kernels/js/lapsum.js';

const golden = new Golden<Record<string, { n: number; k: number; lapsum_alpha: number }>>(
  new URL('../golden/relaxations', import.meta.url),
);

function numbers(seed: number, count: number): Float64Array {
  return scope(() => Float64Array.from(new Rng(seed).normal([count]).dataSync()));
}

function forward(x: ArrayLike<number>, k: number, alpha: number): Float64Array {
  const y = new Float64Array(x.length);
  lapsum(x, y, 1, x.length, k, alpha);
  return y;
}

interface Gradients {
  readonly dx: Float64Array;
  readonly dk: number;
  readonly dalpha: number;
}

function backward(x: ArrayLike<number>, g: ArrayLike<number>, k: number, alpha: number): Gradients {
  const dx = new Float64Array(x.length);
  const [dk, dalpha] = [new Float64Array(1), new Float64Array(1)];
  lapsumGrad(x, g, dx, dk, dalpha, 1, x.length, k, alpha);
  return { dx, dk: dk[0] as number, dalpha: dalpha[0] as number };
}

const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);

test('infinite scores are selected always or never, or share k where they are more, and k = n selects all', () => {
  const x = [1, 2, Infinity, -Infinity, 1, 50];
  assertClose(forward(x, 2.5, 0.01), [0, 0.5, 1, 0, 0, 1]);
  assertClose(backward(x, numbers(1, 6), 2.5, 0.01).dx.subarray(2, 4), [0, 0]);
  assertClose(forward(x, 0.3, 0.01), [0, 0, 0.3, 0, 0, 0]);
  assertClose(forward([Infinity, 1, Infinity, Infinity], 2, 0.01), [2 / 3, 0, 2 / 3, 2 / 3]);
  assertClose(forward([3, 1, 2], 3, 0.1), [1, 1, 1]);
  const { dx, dk, dalpha } = backward([3, 1, 2], [1, 2, 3], 3, 0.1);
  assertClose([...dx, dk, dalpha], [0, 0, 0, 0, 0]);
});

test('a gap that underflows leaves the mask hard, with the threshold in its middle and no NaN', () => {
  const x = [5, -900, -901, 4];
  assertClose(forward(x, 2, 1), [1, 0, 0, 1]);
  const { dx, dk } = backward(x, [1, 2, 3, 4], 2, 1);
  assertClose(dx, [0, 0, 0, 0]);
  // The weights that count are e^-|u|: those next to the gap, in proportion.
  const near = [Math.exp(-1), 1, Math.exp(-1), 1];
  const below = Math.sqrt((1 + Math.exp(-1)) / (1 + Math.exp(-1)));
  const weights = [near[0], below, below * (near[2] as number), 1] as number[];
  const total = weights.reduce((a, b) => a + b);
  assertClose(dk, weights.reduce((a, b, i) => a + b * (i + 1), 0) / total);
});

test('values and gradients by scores, k and alpha are those of the reference', () => {
  for (const [name, { k, lapsum_alpha }] of Object.entries(golden.scalars)) {
    const x = golden.values(`${name}.x`);
    assertClose(forward(x, k, lapsum_alpha), golden.values(`${name}.lapsum`), { atol: 1e-13 }, name);
    const { dx, dk, dalpha } = backward(x, golden.values(`${name}.grad_mask`), k, lapsum_alpha);
    assertClose(dx, golden.values(`${name}.lapsum_grad_x`), { atol: 1e-12 }, name);
    assertClose([dk, dalpha], golden.values(`${name}.lapsum_grad_k_alpha`), { rtol: 1e-10, atol: 1e-12 }, name);
  }
});

test('for any real k the mask sums to k, is ordered like the scores, and its gradients are those of differences', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 20 }),
      fc.nat(999),
      fc.double({ min: 0.01, max: 0.99, noNaN: true }),
      fc.constantFrom(10, 1, 0.1, 0.01),
      (n, seed, share, alpha) => {
        const x = numbers(seed, n).map((value) => (seed % 2 === 0 ? Math.round(2 * value) / 2 : value));
        const k = seed % 3 === 0 && n > 1 ? 1 + (seed % (n - 1)) : share * n;
        const y = forward(x, k, alpha);
        assertClose(sum(y), k, { rtol: 1e-12 });
        const g = numbers(seed + 1, n);
        const loss = (scores: Float64Array, count: number, width: number): number =>
          sum(forward(scores, count, width).map((value, i) => value * (g[i] as number)));
        const { dx, dk, dalpha } = backward(x, g, k, alpha);
        const h = 1e-6 * alpha;
        const slope = (at: number): number => {
          const moved = (by: number): Float64Array => x.map((value, i) => (i === at ? value + by : value));
          return (loss(moved(h), k, alpha) - loss(moved(-h), k, alpha)) / (2 * h);
        };
        const tolerance = { rtol: 1e-4, atol: 1e-4 / alpha };
        assertClose(
          dx,
          Float64Array.from(x, (_, i) => slope(i)),
          tolerance,
          'dx',
        );
        assertClose(dalpha, (loss(x, k, alpha + h) - loss(x, k, alpha - h)) / (2 * h), tolerance, 'dalpha');
        const step = 1e-6 * Math.min(k, n - k);
        assertClose(
          dk,
          (loss(x, k + step, alpha) - loss(x, k - step, alpha)) / (2 * step),
          { rtol: 1e-2, atol: 1e-2 },
          'dk',
        );
      },
    ),
    { numRuns: 200, seed: 2 },
  );
});

test.run();

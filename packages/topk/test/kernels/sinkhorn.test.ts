/** The plain version of SOFT top-k: transport plans and their gradients. */
import { OptionError, Rng, scope } from '@saccade/tensor';
import { assertClose, assertThrows } from '@saccade/testing';
import { Golden } from '@saccade/testing/golden';
import * as fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type SinkhornSettings, sinkhorn, sinkhornGrad } from '../../src/kernels/js/sinkhorn.js';
import { sinkhornPlan, sortedTransport, type Transport, unsortedTransport } from '../../src/kernels/js/transport.js';
import { implicitGradient, unrolledGradient } from '../../src/kernels/js/transport-grad.js';

interface Case {
  readonly n: number;
  readonly k: number;
  readonly epsilon: number;
  readonly iterations: number;
  readonly marginal_error: number;
}

const golden = new Golden<Record<string, Case>>(new URL('../golden/sinkhorn', import.meta.url));
const cases = Object.entries(golden.scalars);
const usual: SinkhornSettings = { epsilon: 0.1, iterations: 200, rows: 'ranks', gradient: 'auto', tolerance: 1e-6 };

function numbers(seed: number, count: number): Float64Array {
  return scope(() => Float64Array.from(new Rng(seed).uniform([count]).dataSync()));
}

function forward(x: ArrayLike<number>, k: number, settings: Partial<SinkhornSettings>): Float64Array {
  const y = new Float64Array((settings.rows ?? 'ranks') === 'ranks' ? k * x.length : x.length);
  sinkhorn(x, y, new Float64Array(1), 1, x.length, k, { ...usual, ...settings });
  return y;
}

function backward(
  x: ArrayLike<number>,
  dy: ArrayLike<number>,
  k: number,
  settings: Partial<SinkhornSettings>,
): Float64Array {
  const dx = new Float64Array(x.length);
  sinkhornGrad(x, dy, dx, 1, x.length, k, { ...usual, ...settings });
  return dx;
}

/** The iterations as they are written, in the log domain. */
function plainPlan({ x, anchors, masses, epsilon, iterations }: Transport): number[] {
  const m = anchors.length;
  const cost = (i: number, j: number): number => ((x[i] as number) - (anchors[j] as number)) ** 2;
  const soft = (values: number[]): number => {
    const least = Math.min(...values);
    return least - epsilon * Math.log(values.reduce((total, value) => total + Math.exp((least - value) / epsilon), 0));
  };
  let f: number[] = [];
  let g = new Array<number>(m).fill(0);
  for (let t = 0; t < iterations; t++) {
    f = Array.from(x, (_, i) => soft(g.map((value, j) => cost(i, j) - value)) - epsilon * Math.log(x.length));
    g = g.map((_, j) => soft(f.map((value, i) => cost(i, j) - value)) + epsilon * Math.log(masses[j] as number));
  }
  return f.flatMap((a, i) => g.map((b, j) => Math.exp((a + b - cost(i, j)) / epsilon)));
}

test('rows are ranks, the best first, and the error of the marginals tells whether they are right', () => {
  const y = new Float64Array(2 * 8);
  const errors = new Float64Array(2);
  sinkhorn([0, 1, 0.4, 0.7, 0.7, 0.4, 1, 0], y, errors, 2, 4, 2, { ...usual, epsilon: 0.01 });
  assertClose(y, [0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 1, 0, 0, 0], { atol: 0.05 });
  assert.ok(errors.every((error) => error >= 0 && error < 0.1));
});

test('infinite scores are selected always or never and get no gradient; NaN is refused by its place', () => {
  const x = [0.3, -Infinity, 0.9, Infinity, 0.5];
  const y = forward(x, 3, { iterations: 500 });
  assertClose(y.subarray(0, 5), [0, 0, 0, 1, 0]);
  assertClose([y[6], y[11]] as number[], [0, 0]);
  assertClose(forward(x, 1, {}), [0, 0, 0, 1, 0]);
  const dx = backward(x, numbers(1, 15), 3, {});
  assert.equal([dx[1], dx[3]], [0, 0]);
  assert.ok(dx.every(Number.isFinite));
  assertThrows(() => forward([0, Number.NaN], 1, {}), OptionError, /sinkhorn: score 1 of row 0 is NaN/);
  assertThrows(
    () => forward([0, -Infinity, 1], 3, {}),
    OptionError,
    /row 0 has 2 scores above -Infinity, fewer than k = 3/,
  );
});

test('plans equal those of the iterations written out, also where the kernel underflows', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 14 }),
      fc.nat(99),
      fc.constantFrom(1, 0.1, 1e-2, 1e-3, 1e-4),
      fc.constantFrom(1, 2, 30),
      (n, seed, epsilon, iterations) => {
        const x = numbers(seed, n).map((value) => value * (seed % 3 === 0 ? 20 : 1));
        for (const make of [sortedTransport, unsortedTransport]) {
          if (make === unsortedTransport && n === 1) continue;
          const transport = make(x, 1 + (seed % Math.max(1, n - 1)), epsilon, iterations);
          const expected = plainPlan(transport);
          // Potentials over epsilon reach 10^6, so exponents are known to 10^-10.
          assertClose(sinkhornPlan(transport).plan, expected, { rtol: 1e-7, atol: 1e-12 });
        }
      },
    ),
    { numRuns: 150, seed: 5 },
  );
});

test('plans, assignments and both gradients are those of the reference', () => {
  for (const [name, { n, k, epsilon, iterations, marginal_error }] of cases) {
    const x = Float64Array.from(golden.values(`${name}.x`));
    const { plan, marginalError } = sinkhornPlan(sortedTransport(x, k, epsilon, iterations));
    assertClose(plan, golden.values(`${name}.plan`), { atol: 1e-12 }, `${name} plan`);
    assertClose(marginalError, marginal_error, { rtol: 1e-6, atol: 1e-14 }, `${name} marginal error`);
    const byScore = (rows: ArrayLike<number>): number[] =>
      Array.from({ length: n * k }, (_, at) => rows[(k - 1 - (at % k)) * n + Math.floor(at / k)] as number);
    const y = forward(x, k, { epsilon, iterations });
    assertClose(byScore(y), golden.values(`${name}.assignment`), { atol: 1e-11 }, `${name} assignment`);
    const cotangent = golden.values(`${name}.grad_out`);
    const dy = Array.from(
      { length: n * k },
      (_, at) => cotangent[(at % n) * k + (k - 1 - Math.floor(at / n))] as number,
    );
    for (const gradient of ['unrolled', 'implicit'] as const) {
      const dx = backward(x, dy, k, { epsilon, iterations, gradient });
      assertClose(dx, golden.values(`${name}.grad_x_${gradient}`), { rtol: 1e-9, atol: 1e-10 }, `${name} ${gradient}`);
    }
    const auto = marginal_error * n < 1e-6 ? 'implicit' : 'unrolled';
    const chosen = backward(x, dy, k, { epsilon, iterations });
    assertClose(chosen, golden.values(`${name}.grad_x_${auto}`), { rtol: 1e-9, atol: 1e-10 }, `${name} auto`);
  }
});

test('the mask sums to k; the release, whose masses are swapped, selects n - k', () => {
  for (const [name, { n, k, epsilon, iterations }] of cases) {
    const x = golden.values(`${name}.x`);
    const settings = { epsilon, iterations, rows: 'mask-release' } as const;
    assertClose(forward(x, k, settings), golden.values(`${name}.unsorted_release`), { atol: 1e-12 });
    const sum = (y: Float64Array): number => y.reduce((total, value) => total + value, 0);
    assertClose(sum(forward(x, k, settings)), n - k);
    assertClose(sum(forward(x, k, { ...settings, rows: 'mask' })), k);
  }
});

test('the unrolled gradient is that of the iterations carried out, whatever they came to', () => {
  for (const [epsilon, iterations] of [
    [0.3, 3],
    [0.1, 40],
    [0.02, 7],
    [0.002, 30],
  ] as const) {
    const x = numbers(4, 7);
    const dy = numbers(5, 21);
    const loss = (at: number, shift: number): number => {
      const moved = x.slice();
      moved[at] = (moved[at] as number) + shift;
      return forward(moved, 3, { epsilon, iterations }).reduce((total, y, i) => total + y * (dy[i] as number), 0);
    };
    const step = 1e-5 * Math.min(1, epsilon * 10);
    const differences = x.map((_, i) => (loss(i, step) - loss(i, -step)) / (2 * step));
    const gradient = backward(x, dy, 3, { epsilon, iterations, gradient: 'unrolled' });
    assertClose(gradient, differences, { rtol: 1e-5, atol: 1e-5 }, `epsilon ${epsilon}`);
  }
});

test('at convergence both gradients agree, and a plan that is hard has gradient 0 instead of NaN', () => {
  const x = numbers(6, 20);
  const transport = sortedTransport(x, 4, 0.05, 5000);
  const result = sinkhornPlan(transport);
  assert.ok(result.steps < 5000, 'stops when nothing moves');
  const grad = numbers(7, 100);
  const unrolled = unrolledGradient(transport, result, grad);
  assertClose(implicitGradient(transport, result, grad), unrolled, { rtol: 1e-7, atol: 1e-9 });
  const hard = sortedTransport(Float64Array.of(0, 1, 0, 2, 0), 2, 1e-4, 5);
  for (const gradient of [implicitGradient, unrolledGradient]) {
    assertClose(gradient(hard, sinkhornPlan(hard), numbers(8, 15)), [0, 0, 0, 0, 0], { atol: 1e-6 });
  }
  const all = sortedTransport(numbers(9, 3), 3, 0.1, 50_000); // k = n: the anchor of what is not selected has no mass
  assert.ok(sinkhornPlan(all).plan.every((mass) => Number.isFinite(mass)));
  const [plan, cotangent] = [sinkhornPlan(all), numbers(8, 12)];
  assertClose(implicitGradient(all, plan, cotangent), unrolledGradient(all, plan, cotangent), { atol: 1e-9 });
});

test.run();

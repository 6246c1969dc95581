/** The theory: the reference's numbers, sums, what is refused. */
import { OptionError } from '@saccade/tensor';
import { assertClose, assertThrows } from '@saccade/testing';
import { Golden } from '@saccade/testing/golden';
import * as fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { theory } from '../src/theory/theory.js';

interface Case {
  readonly d: number;
  readonly k: number;
  readonly alpha: number;
  readonly L: number;
  readonly mu: number;
  readonly G: number;
  readonly dist0: number;
  readonly T: number;
  readonly a: number;
  readonly rho: number;
  readonly a_min: number;
  readonly S_T: number;
  readonly bound: number;
  readonly memory_bound_t10: number;
}

const { scalars: cases } = new Golden<Case[]>(new URL('golden/theory', import.meta.url));
const problem = { d: 100, k: 1, mu: 0.1, L: 1, G: 1, distance: 2 };
const exact = { rtol: 1e-12, atol: 0 };

test('a = 7 d/k is the default, and everything is given for k below 1, as of ultra-sparsification', () => {
  assert.is(theory.shift({ d: 100, k: 1 }), 700);
  assert.is(theory.shift({ d: 100, k: 0.5, alpha: 6 }), 1600);
  assert.is(theory.bound({ ...problem, T: 50 }), theory.bound({ ...problem, T: 50, alpha: 5, a: 700 }));
  assert.ok(theory.bound({ ...problem, k: 0.5, T: 50 }) > theory.bound({ ...problem, T: 50 }));
  assert.is(theory.rate(300, { mu: 0.1, a: 700 }), 0.08);
  assert.is(theory.weight(3, 4), 49);
});

test('numbers out of range are refused', () => {
  for (const [call, message] of [
    [() => theory.bound({ ...problem, T: 0 }), /theory.bound: T must be a whole number from 1, got 0/],
    [() => theory.bound({ ...problem, T: 5, L: 0.05 }), /L must be a number from 0.1, got 0.05/],
    [() => theory.bound({ ...problem, T: 5, mu: 0 }), /theory.bound: mu must be a number above 0/],
    [() => theory.bound({ ...problem, T: 5, a: 386 }), /a must be at least 386.07\d* \(theory.minimalShift\), got 386/],
    [() => theory.bound({ ...problem, T: 5, a: Number.NaN }), /got NaN/],
    [() => theory.bound({ ...problem, T: 5, G: -1 }), /G must be/],
    [() => theory.bound({ ...problem, T: 5, distance: Number.POSITIVE_INFINITY }), /distance must be/],
    [() => theory.bound({ ...problem, T: 5, tau: 1 } as never), /no option 'tau'/],
    [() => theory.memoryBound(-1, { d: 9, k: 1, mu: 1, G: 1 }), /t must be a whole number from 0/],
    [() => theory.memoryBound(1, { d: 9, k: 1, mu: 1, G: 1, L: 1 } as never), /no option 'L'/],
    [() => theory.shift({ d: 10, k: 11 }), /theory.shift: k must be at most d = 10, got 11/],
    [() => theory.shift({ d: 10, k: 0 }), /k must be a number above 0/],
    [() => theory.shift({ d: 1.5, k: 1 }), /d must be a whole number from 1/],
    [() => theory.minimalShift({ d: 10, k: 1, alpha: 4 }), /alpha must be a number above 4, got 4/],
    [() => theory.rho(4), /theory.rho: alpha/],
    [() => theory.rate(0, { mu: 1, a: 1 }), /a must be a number above 1/],
    [() => theory.weight(0.5, 2), /t must be a whole number/],
    [() => theory.weightSum(3, 1), /a must be a number above 1/],
  ] as const) {
    assertThrows(call, OptionError, message);
  }
});

for (const [i, one] of cases.entries()) {
  const { d, k, alpha, L, mu, G, dist0: distance, T, a } = one;
  test(`reference, case ${i}`, () => {
    assertClose(theory.rho(alpha), one.rho, exact);
    assertClose(theory.minimalShift({ d, k, alpha }), one.a_min, exact);
    assertClose(theory.weightSum(T, a), one.S_T, exact);
    assertClose(theory.bound({ d, k, alpha, mu, L, G, distance, T, a }), one.bound, exact);
    assertClose(theory.memoryBound(10, { d, k, alpha, mu, G, a }), one.memory_bound_t10, exact);
  });
}

test('S_T is the sum of the weights, at least T^3 / 3; the default shift is always admissible', () => {
  const kinds = fc.record({
    T: fc.integer({ min: 0, max: 60 }),
    d: fc.integer({ min: 1, max: 1000 }),
    share: fc.double({ min: 0.001, max: 1, noNaN: true }),
    alpha: fc.double({ min: 4.001, max: 100, noNaN: true }),
  });
  fc.assert(
    fc.property(kinds, ({ T, d, share, alpha }) => {
      const compression = { d, k: share * d, alpha };
      const a = theory.shift(compression);
      assert.ok(theory.minimalShift(compression) <= a);
      const sum = Array.from({ length: T }, (_, t) => theory.weight(t, a)).reduce((x, y) => x + y, 0);
      assertClose(theory.weightSum(T, a), sum, exact);
      assert.ok(sum >= (T ** 3 / 3) * (1 - 1e-9));
    }),
    { numRuns: 100 },
  );
});

test('a curve has the bound at each step of a run, on top of the optimum, and keeps its bits', () => {
  const run = [
    { step: 0, bits: 0, loss: 0.7 },
    { step: 10, bits: 640, loss: 0.5 },
    { step: 20, bits: 1280, loss: 0.4 },
  ];
  const at = (T: number): number => 0.3 + theory.bound({ ...problem, T });
  assert.equal(theory.curve('loss', run, { ...problem, optimum: 0.3 }), [
    { step: 10, bits: 640, loss: at(10) },
    { step: 20, bits: 1280, loss: at(20) },
  ]);
  const { d, k, mu, G } = problem;
  assert.equal(theory.curve('memory', [0, 7], { d, k, mu, G }), [
    { step: 0, loss: theory.memoryBound(0, { d, k, mu, G }) },
    { step: 7, loss: theory.memoryBound(7, { d, k, mu, G }) },
  ]);
});

test('a curve refuses points without a step and what it does not know', () => {
  assertThrows(() => theory.curve('loss', [{ bits: 3, loss: 1 }], problem), OptionError, /theory.curve: step must be/);
  assertThrows(() => theory.curve('loss', 3 as never, problem), OptionError, /expected steps or the points of a run/);
  assertThrows(() => theory.curve('loss', [null] as never, problem), OptionError, /step must be/);
  assertThrows(() => theory.curve('both' as never, [1], problem), OptionError, /'loss' or 'memory', got "both"/);
  assertThrows(() => theory.curve('loss', [1], { ...problem, T: 3 } as never), OptionError, /no option 'T'/);
  assertThrows(() => theory.curve('loss', [1], { ...problem, optimum: Number.NaN }), OptionError, /optimum/);
});

test.run();

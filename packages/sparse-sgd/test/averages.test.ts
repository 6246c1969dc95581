/** Weights of the running estimate: the reference's numbers, the means they stand for, what is refused. */
import { OptionError } from '@saccade/tensor';
import { assertClose, assertThrows } from '@saccade/testing';
import { Golden } from '@saccade/testing/golden';
import * as fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Average, averages, averageWeight } from '../src/training/averages.js';

interface Case {
  readonly estimate: Average;
  readonly tau: number;
  readonly rho: readonly { readonly t: number; readonly rho: number }[];
}

const { rho: cases } = new Golden<{ rho: Case[] }>(new URL('golden/schedules', import.meta.url)).scalars;

test('the first iterate counts fully in every kind, each one in final', () => {
  for (const average of averages) assert.is(averageWeight(average, 0, 3), 1);
  assert.is(averageWeight('final', 17), 1);
});

test('other kinds, steps and a tau that is not above 0 are refused', () => {
  for (const [call, message] of [
    [() => averageWeight('median' as Average, 0), /averageWeight: the average must be one of final, mean, .* "median"/],
    [() => averageWeight('t+tau', 0), /averageWeight: tau of t\+tau must be a number above 0, got undefined/],
    [() => averageWeight('t+tau', 0, 0), /got 0/],
    [() => averageWeight('(t+tau)^2', 0, Number.NaN), /got NaN/],
    [() => averageWeight('mean', -1), /averageWeight: t must be a whole number from 0, got -1/],
  ] as const) {
    assertThrows(call, OptionError, message);
  }
});

for (const { estimate, tau, rho } of cases) {
  test(`reference: ${estimate}, tau = ${tau}`, () => {
    for (const { t, rho: expected } of rho) {
      assertClose(averageWeight(estimate, t, tau), expected, { rtol: 1e-12, atol: 0 });
    }
  });
}

test('the running estimate is the weighted mean', () => {
  const weights = { mean: () => 1, 't+tau': (t: number) => t, '(t+tau)^2': (t: number) => t ** 2 };
  const kinds = fc.record({
    values: fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 1, maxLength: 40 }),
    tau: fc.double({ min: 0.1, max: 1000, noNaN: true }),
  });
  fc.assert(
    fc.property(kinds, ({ values, tau }) => {
      for (const [average, weight] of Object.entries(weights)) {
        let estimate = 0;
        for (const [t, x] of values.entries()) {
          estimate += averageWeight(average as Average, t, tau) * (x - estimate);
        }
        const sum = (f: (x: number) => number): number =>
          values.map((x, t) => weight(t + tau) * f(x)).reduce((a, b) => a + b);
        assertClose(estimate, sum((x) => x) / sum(() => 1), { rtol: 1e-9, atol: 1e-12 });
      }
    }),
    { numRuns: 100 },
  );
});

test.run();

/** Alternating least squares in float64, sweep by sweep, against the release's decomposition of the tensor itself. */
import { matrix, transposeMatrix } from '@saccade/tensor';
import { assertClose } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Alternation, type Fit } from '../../src/decompose/als.js';
import type { Factors } from '../../src/decompose/factors.js';
import { ScoreTensor } from '../../src/decompose/score-tensor.js';
import { goldenFile } from '../reference.js';

interface Case {
  readonly shape: readonly [query: number, heads: number, key: number];
  readonly rank: number;
  readonly errors_first_10: readonly number[];
  readonly tol: number;
  readonly n_iter_max: number;
  readonly iterations_run: number;
  readonly final_error: number;
}

const golden = goldenFile<Record<string, Case>>('parafac');

const stored = (name: string) => {
  const [rows, columns] = golden.shape(name) as [number, number];
  return matrix(rows, columns, Float64Array.from(golden.values(name)));
};

/** Any tensor [q, h, k] as scores: heads of as many rows as the key is wide, with W_Kh = I and W_Qh = T_h^T. */
function scoresOf(name: string, [width, heads, keys]: Case['shape']): ScoreTensor {
  const t = golden.values(`${name}.tensor`);
  const [query, key] = [matrix(heads * keys, width), matrix(heads * keys, keys)];
  for (let h = 0; h < heads; h++) {
    for (let k = 0; k < keys; k++) {
      key.data[(h * keys + k) * keys + k] = 1;
      for (let q = 0; q < width; q++) query.data[(h * keys + k) * width + q] = t[(q * heads + h) * keys + k]!;
    }
  }
  return new ScoreTensor(query, key, heads);
}

/** The stop rule of the release. */
function run(alternation: Alternation, factors: Factors, c: Case): { fits: Fit[]; errors: number[] } {
  const fits: Fit[] = [];
  const errors: number[] = [];
  let fit = alternation.fit(factors);
  for (let i = 0; i < c.n_iter_max; i++) {
    fit = alternation.sweep(fit, { ridge: 0, balance: false });
    fits.push(fit);
    errors.push(fit.error);
    if (i >= 1 && Math.abs(errors[i - 1]! - errors[i]!) < c.tol) break;
  }
  return { fits, errors };
}

for (const [name, c] of Object.entries(golden.scalars)) {
  test(`${name}: factors, errors and the end are the release's`, () => {
    const forms = [scoresOf(name, c.shape)];
    if (golden.names(`${name}.`).includes('WQ')) {
      const [heads, dims, width] = golden.shape(`${name}.WQ`) as [number, number, number];
      const flat = (own: string) => matrix(heads * dims, width, Float64Array.from(golden.values(`${name}.${own}`)));
      forms.push(new ScoreTensor(flat('WQ'), flat('WK'), heads));
    }
    for (const scores of forms) {
      const [query, mixing, key] = [0, 1, 2].map((i) => stored(`${name}.init.${i}`));
      const start = { query: query!, mixing: mixing!, key: key! };
      const { fits, errors } = run(new Alternation(scores), start, c);
      // Vectors are stored in float32.
      for (const [at, rtol] of [
        [1, 1e-6],
        [2, 1e-6],
        [3, 1e-6],
        [10, 1e-4],
      ] as const) {
        // biome-ignore format: pairs
        const { factors } = fits[at - 1]!;
        for (const [i, own] of [factors.query, factors.mixing, factors.key].entries()) {
          const expected = golden.values(`${name}.iter${at}.${i}`);
          const largest = expected.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
          assertClose(own.data, expected, { rtol, atol: 1e-6 * largest }, `${name}.iter${at}.${i}`);
        }
      }
      assertClose(errors.slice(0, 10), c.errors_first_10, { rtol: 1e-5, atol: 1e-7 });
      assert.is(errors.length, c.iterations_run);
      assertClose([errors.at(-1)!], [c.final_error], { rtol: 1e-2, atol: 1e-6 });
    }
  });
}

test('balancing changes no tensor, and evens the columns', () => {
  const [name, c] = Object.entries(golden.scalars)[0]!;
  const alternation = new Alternation(scoresOf(name, c.shape));
  const [query, mixing, key] = [0, 1, 2].map((i) => stored(`${name}.init.${i}`));
  const begun = alternation.fit({ query: query!, mixing: mixing!, key: key! });
  const [plain, even] = [false, true].map((balance) => alternation.sweep(begun, { ridge: 0, balance })) as [Fit, Fit];
  assertClose([alternation.fit(even.factors).error], [plain.error], { rtol: 1e-12 });
  const lengths = (factor: Factors['query']): number[] => {
    const turned = transposeMatrix(factor);
    return Array.from({ length: turned.rows }, (_, r) =>
      Math.hypot(...turned.data.subarray(r * turned.columns, (r + 1) * turned.columns)),
    );
  };
  assertClose(lengths(even.factors.mixing), lengths(even.factors.query), { rtol: 1e-9 });
  assertClose(lengths(even.factors.key), lengths(even.factors.query), { rtol: 1e-9 });
});

test.run();

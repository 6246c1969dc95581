/** The spectral gap of attention against all eigenvalues, and where it is known. */
import { eigMatrix, type Matrix, matrix, Rng, softmax } from '@saccade/tensor';
import { assertClose } from '@saccade/testing';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { spectralGap } from '../../src/monitor/spectral-gap.js';

/** Rows of softmax of normal scores. */
async function randomAttention(tokens: number, scale: number, seed: number): Promise<Matrix> {
  const weights = softmax(new Rng(seed).normal([tokens, tokens]).mul(scale));
  const values = Float64Array.from(await weights.data());
  weights.dispose();
  return matrix(tokens, tokens, values);
}

function secondModulus(weights: Matrix): number {
  const { real, imaginary } = eigMatrix(weights);
  return Array.from(real, (value, i) => Math.hypot(value, imaginary[i]!)).sort((a, b) => b - a)[1]!;
}

test('uniform attention has gap 1, a permutation 0, one token 1', () => {
  const n = 6;
  assertClose(spectralGap(matrix(n, n, new Float64Array(n * n).fill(1 / n))), 1, { atol: 1e-12 });
  const around = matrix(n, n);
  for (let i = 0; i < n; i++) around.data[i * n + ((i + 1) % n)] = 1;
  assertClose(spectralGap(around), 0, { atol: 1e-9 });
  assert.is(spectralGap(matrix(1, 1, Float64Array.of(1))), 1);
});

test('all queries on one token: gap 1; each on itself: 0', () => {
  const [same, own] = [matrix(4, 4), matrix(4, 4)];
  for (let i = 0; i < 4; i++) [same.data[i * 4], own.data[i * 5]] = [1, 1];
  assertClose(spectralGap(same), 1, { atol: 1e-12 });
  assertClose(spectralGap(own), 0, { atol: 1e-12 });
});

test('causal attention: the second largest weight of a token on itself', () => {
  const rows = [
    [1, 0, 0],
    [0.7, 0.3, 0],
    [0.2, 0.4, 0.4],
  ];
  assertClose(spectralGap(matrix(3, 3, Float64Array.from(rows.flat()))), 0.6, { atol: 1e-9 });
});

test('exact for few tokens, near for many', async () => {
  for (const [tokens, scale, tolerance] of [
    [8, 1, 1e-6],
    [25, 3, 1e-6],
    [64, 3, 5e-3],
    [100, 8, 3e-2],
  ] as const) {
    const weights = await randomAttention(tokens, scale, tokens);
    assertClose(spectralGap(weights), 1 - secondModulus(weights), { rtol: 0, atol: tolerance }, `${tokens} tokens`);
  }
});

test('always within [0, 1]', () => {
  const rows = fc.integer({ min: 1, max: 7 }).chain((n) =>
    fc.array(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: n, maxLength: n }), {
      minLength: n,
      maxLength: n,
    }),
  );
  fc.assert(
    fc.property(rows, (values) => {
      const n = values.length;
      const flat = values.flatMap((row) => {
        const sum = row.reduce((a, b) => a + b, 0);
        return row.map((value, j) => (sum > 1e-6 ? value / sum : Number(j === 0)));
      });
      const gap = spectralGap(matrix(n, n, Float64Array.from(flat)));
      assert.ok(gap >= 0 && gap <= 1, String(gap));
    }),
    { numRuns: 100, seed: 3 },
  );
});

test.run();

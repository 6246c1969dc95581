import { type Matrix, matrix, Rng } from '@saccade/tensor';
import { assertClose } from '@saccade/testing';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compositeOf } from '../../src/residual/host-norms.js';
import { centredOn } from '../../src/residual/host-residual.js';
import { type TrackedLayer, trackResidual } from '../../src/track/track-residual.js';
import { golden, goldenMatrix, goldenTracked } from './golden-tracking.js';

function random(rng: Rng, rows: number, columns: number, size: number): Matrix {
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - rng.number())) * Math.cos(2 * Math.PI * rng.number());
  return matrix(
    rows,
    columns,
    Float64Array.from({ length: rows * columns }, () => size * normal()),
  );
}

function randomLayers(
  rng: Rng,
  depth: number,
  heads: number,
  width: number,
  options: { bias?: boolean; skip?: boolean; size?: number } = {},
): TrackedLayer[] {
  const { bias = false, skip = false, size = 1 / Math.sqrt(width) } = options;
  const vector = (length: number): Float64Array | undefined => (bias ? random(rng, 1, length, 0.3).data : undefined);
  return Array.from({ length: depth }, () => ({
    heads: Array.from({ length: heads }, () => ({
      query: random(rng, width, width / heads, size),
      key: random(rng, width, width / heads, size),
      value: random(rng, width, width, size),
      queryBias: vector(width / heads),
    })),
    bias: vector(width),
    skip,
  }));
}

/** The layers as they are written down, which cancels. */
function direct(tokens: Matrix, layers: readonly TrackedLayer[]): Matrix {
  return layers.reduce((x, layer) => directLayer(x, layer), tokens);
}

function directLayer(x: Matrix, { heads, bias, skip = false }: TrackedLayer): Matrix {
  const { rows, columns } = x;
  const out = matrix(rows, columns);
  const at = (m: Matrix, i: number, j: number): number => m.data[i * m.columns + j]!;
  const times = (a: Matrix, b: Matrix): Matrix =>
    matrix(
      a.rows,
      b.columns,
      Float64Array.from({ length: a.rows * b.columns }, (_, k) => {
        const [i, j] = [Math.floor(k / b.columns), k % b.columns];
        let sum = 0;
        for (let c = 0; c < a.columns; c++) sum += at(a, i, c) * at(b, c, j);
        return sum;
      }),
    );
  for (const { query, key, value, queryBias } of heads) {
    const [q, k, v] = [times(x, query), times(x, key), times(x, value)];
    for (let i = 0; i < rows; i++) {
      const scores = Array.from({ length: rows }, (_, j) => {
        let sum = 0;
        for (let c = 0; c < q.columns; c++) sum += (at(q, i, c) + (queryBias?.[c] ?? 0)) * at(k, j, c);
        return sum / Math.sqrt(q.columns);
      });
      const largest = Math.max(...scores);
      const weights = scores.map((score) => Math.exp(score - largest));
      const all = weights.reduce((a, b) => a + b, 0);
      for (let c = 0; c < columns; c++) {
        for (let j = 0; j < rows; j++) out.data[i * columns + c]! += (weights[j]! / all) * at(v, j, c);
      }
    }
  }
  for (let i = 0; i < out.data.length; i++) out.data[i]! += (bias?.[i % columns] ?? 0) + (skip ? x.data[i]! : 0);
  return out;
}

test('residuals and common tokens are those of the reference down to 1e-150', () => {
  const points = trackResidual(goldenMatrix('X'), goldenTracked());
  assert.is(points.length, 6);
  for (const [l, { residual, exponent, center, logResidual, logRatio }] of points.entries()) {
    assertClose(
      residual.data.map((value) => value * 2 ** exponent),
      golden.values(`R${l}`),
      { rtol: 1e-6, atol: 10 ** (logResidual - 8) },
    );
    assertClose(center, golden.values(`x${l}`), { rtol: 1e-12, atol: 1e-13 });
    const { res_composite, ratio } = golden.scalars[l]!;
    assert.ok(Math.abs(logResidual - Math.log10(res_composite)) < 1e-9);
    assert.ok(Math.abs(logRatio - Math.log10(ratio)) < 1e-9);
  }
});

test('far below what a number can hold the ratio still falls with the third power', () => {
  const layers = randomLayers(new Rng(3), 14, 4, 32);
  const points = trackResidual(random(new Rng(4), 16, 32, 1), layers);
  const logs = points.map(({ logRatio }) => logRatio);
  assert.ok(logs[14]! < -1e5, `${logs[14]}`);
  const slope = Math.log(-logs[14]! / -logs[13]!);
  assert.ok(Math.abs(slope - Math.log(3)) < 1e-3, `${slope}`);
});

test('where nothing cancels yet, tracking is the direct computation, with biases and skips too', () => {
  fc.assert(
    fc.property(fc.nat(1e6), fc.boolean(), fc.boolean(), fc.constantFrom(0.2, 1, 3), (seed, bias, skip, size) => {
      const rng = new Rng(seed);
      const tokens = random(rng, 5, 4, size);
      const layers = randomLayers(rng, 2, 2, 4, { bias, skip });
      const out = direct(tokens, layers);
      const { residual, exponent } = trackResidual(tokens, layers)[2]!;
      const expected = centredOn(out, 'mean').data;
      const scale = out.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      for (const [i, value] of expected.entries()) {
        const difference = Math.abs(residual.data[i]! * 2 ** exponent - value);
        assert.ok(difference <= 1e-12 * (1 + scale), `${i}: ${difference}`);
      }
    }),
    { numRuns: 60 },
  );
});

test('scores that would overflow are taken as they are', () => {
  const rng = new Rng(8);
  const tokens = random(rng, 5, 4, 40);
  const layers = randomLayers(rng, 1, 2, 4, { size: 1 });
  const expected = centredOn(direct(tokens, layers), 'mean');
  const { residual, exponent } = trackResidual(tokens, layers)[1]!;
  const scale = compositeOf(expected);
  for (const [i, value] of expected.data.entries())
    assert.ok(Math.abs(residual.data[i]! * 2 ** exponent - value) < 1e-11 * scale);
});

test('with skips tokens stay apart', () => {
  const layers = randomLayers(new Rng(1), 8, 2, 8, { skip: true, size: 0.02 });
  const points = trackResidual(random(new Rng(2), 6, 8, 1), layers);
  assert.ok(points.at(-1)!.logRatio > -0.5);
});

test('one token, and tokens that are all alike, have no residual', () => {
  const layers = randomLayers(new Rng(1), 2, 2, 4, { bias: true });
  for (const tokens of [random(new Rng(2), 1, 4, 1), matrix(3, 4, new Float64Array(12).fill(0.5))]) {
    const points = trackResidual(tokens, layers);
    assert.ok(points.every(({ logResidual, logRatio }) => logResidual === -Infinity && logRatio === -Infinity));
    assert.ok(points.every(({ center }) => center.every(Number.isFinite)));
  }
});

test.run();

/** LapSum, sparse top-k and the collected noise: the fast versions against the plain ones. */
import { bufferOf, Rng, scope, sort, type Tensor, tensor, zeros } from '@saccade/tensor';
import { assertClose } from '@saccade/testing';
import * as fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { topKKernels } from '../../src/kernels/extension.js';
import { exactNoise } from '../../src/kernels/js/exact-noise.js';
import { exactPlan } from '../../src/kernels/js/exact-plan.js';
import { lapsum, lapsumGrad } from '../../src/kernels/js/lapsum.js';
import { sparse, sparseGrad } from '../../src/kernels/js/sparse.js';

const rows = 3;
const buffer = (t: Tensor): ReturnType<typeof bufferOf> => bufferOf('test', t);
const kernels = (t: Tensor) => t.device.extend(topKKernels);

/** Scores of one of several kinds: spread, tied, far apart, with infinities. */
function scores(kind: number, n: number, seed: number): Tensor {
  const uniform = [...new Rng(seed).uniform([rows, n]).dataSync()];
  const values = uniform.map((u) => {
    if (kind === 1) return Math.floor(4 * u);
    if (kind === 2) return 1000 * u - 500;
    if (kind === 3) return u < 0.1 ? -Infinity : u > 0.9 ? Infinity : u;
    return u;
  });
  return tensor(values, { shape: [rows, n] });
}

const cases = fc.record({
  kind: fc.integer({ min: 0, max: 3 }),
  n: fc.integer({ min: 1, max: 150 }),
  seed: fc.nat(9999),
  share: fc.double({ min: 0.01, max: 0.97, noNaN: true }),
  whole: fc.boolean(),
  width: fc.constantFrom(1, 0.1, 0.01, 0.001),
});
const countOf = (n: number, share: number, whole: boolean): number => (whole ? Math.ceil(share * n) : share * n);
const close = { rtol: 1e-6, atol: 1e-6 };

test('LapSum and its gradients', () => {
  fc.assert(
    fc.property(cases, ({ kind, n, seed, share, whole, width }) => {
      scope(() => {
        const x = scores(kind, n, seed);
        const g = new Rng(seed + 1).normal([rows, n]);
        const k = countOf(n, share, whole);
        const [y, dx, dk, dalpha] = [[rows, n], [rows, n], [rows], [rows]].map((s) => zeros(s) as Tensor) as [
          Tensor,
          Tensor,
          Tensor,
          Tensor,
        ];
        kernels(x).lapsum(buffer(x), buffer(y), rows, n, k, width);
        kernels(x).lapsumGrad(buffer(x), buffer(g), buffer(dx), buffer(dk), buffer(dalpha), rows, n, k, width);
        const plain = new Float64Array(rows * n);
        lapsum(x.dataSync(), plain, rows, n, k, width);
        assertClose(y.dataSync(), plain, close, 'mask');
        const [byK, byAlpha] = [new Float64Array(rows), new Float64Array(rows)];
        lapsumGrad(x.dataSync(), g.dataSync(), plain, byK, byAlpha, rows, n, k, width);
        const steep = { rtol: 1e-6, atol: 1e-6 / width };
        assertClose(dx.dataSync(), plain, steep, 'by scores');
        assertClose(dk.dataSync(), byK, close, 'by k');
        assertClose(dalpha.dataSync(), byAlpha, steep, 'by alpha');
      });
    }),
    { numRuns: 300, seed: 1 },
  );
});

test('sparse top-k and its gradients', () => {
  fc.assert(
    fc.property(cases, fc.constantFrom(1, 2, 3, 1.7), ({ kind, n, seed, share, whole, width }, power) => {
      scope(() => {
        const x = scores(kind, n, seed);
        const g = new Rng(seed + 1).normal([rows, n]);
        const k = countOf(n, share, whole);
        const [y, dx, dk] = [[rows, n], [rows, n], [rows]].map((s) => zeros(s) as Tensor) as [Tensor, Tensor, Tensor];
        kernels(x).sparse(buffer(x), buffer(y), rows, n, k, width, power);
        kernels(x).sparseGrad(buffer(x), buffer(g), buffer(dx), buffer(dk), rows, n, k, width, power);
        const plain = new Float64Array(rows * n);
        sparse(x.dataSync(), plain, rows, n, k, width, power);
        assertClose(y.dataSync(), plain, close, 'mask');
        const byK = new Float64Array(rows);
        sparseGrad(x.dataSync(), g.dataSync(), plain, byK, rows, n, k, width, power);
        assertClose(dx.dataSync(), plain, { rtol: 1e-6, atol: 1e-6 / width }, 'by scores');
        assertClose(dk.dataSync(), byK, close, 'by k');
      });
    }),
    { numRuns: 300, seed: 1 },
  );
});

/** Ties, and spreads from the smallest that float32 has to far more than a mask is wide, at `offset`. */
function around(offset: number): number[][] {
  const step = Math.abs(offset) * 2 ** -23 || 1e-7;
  return [
    [offset, offset, 0, offset, -offset, offset],
    [0, 1, 2, 1, 0, 3].map((steps) => offset + steps * step),
    [0, 0, -1, -1, -2, -2].map((steps) => offset + 0.05 * steps),
  ];
}

test('masks sum to k and ties share, whatever the offset of the scores and however small their spread', () => {
  for (const offset of [0, 1, -1, 1e5, -1e5, 1e17, -1e17, 1e30, -1e30, 3e38]) {
    for (const k of [1, 2, 2.5, 3, 5]) {
      scope(() => {
        const x = tensor(around(offset));
        const [n, values] = [6, x.dataSync()];
        const fast = zeros([rows, n]);
        const plain = new Float64Array(rows * n);
        const check = (y: ArrayLike<number>, label: string): void => {
          for (let row = 0; row < rows; row++) {
            const mask = Array.from(y).slice(row * n, row * n + n);
            const total = mask.reduce((a, b) => a + b);
            assertClose(total, k, { rtol: 0, atol: 1e-5 }, `${label}, offset ${offset}, k ${k}: ${mask}`);
            const tied = mask.map((_, i) => mask[values.subarray(row * n).indexOf(values[row * n + i] as number)]);
            assert.equal(mask, tied, label);
          }
        };
        for (const width of [0.1, 1e-3]) {
          kernels(x).lapsum(buffer(x), buffer(fast), rows, n, k, width);
          check(fast.dataSync(), 'lapsum');
          lapsum(values, plain, rows, n, k, width);
          check(plain, 'plain lapsum');
          assertClose(fast.dataSync(), plain, close, 'lapsum');
          for (const power of [1, 3, 1.7]) {
            kernels(x).sparse(buffer(x), buffer(fast), rows, n, k, width, power);
            check(fast.dataSync(), 'sparse');
            sparse(values, plain, rows, n, k, width, power);
            check(plain, 'plain sparse');
            assertClose(fast.dataSync(), plain, close, 'sparse');
          }
        }
      });
    }
  }
});

test('a hard sparse mask is 0 and 1 without an error, and without a gradient', () => {
  scope(() => {
    const x = tensor([[3.7, 1.2, 3.3, -4, 1.25, 3]]);
    for (const power of [1, 3, 1.7]) {
      const [y, dx, dk] = [[1, 6], [1, 6], [1]].map((s) => zeros(s) as Tensor) as [Tensor, Tensor, Tensor];
      kernels(x).sparse(buffer(x), buffer(y), 1, 6, 3, 1.75, power);
      assert.equal([...y.dataSync()], [1, 0, 1, 0, 0, 1]);
      kernels(x).sparseGrad(buffer(x), buffer(x), buffer(dx), buffer(dk), 1, 6, 3, 1.75, power);
      assert.equal([...dx.dataSync(), ...dk.dataSync()], [0, 0, 0, 0, 0, 0, 0]);
    }
  });
});

test('the noise that the exact top-k collects', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 40 }),
      fc.nat(999),
      fc.boolean(),
      fc.constantFrom(0.05, 0.3, 2),
      (n, seed, gumbel, sigma) => {
        scope(() => {
          const k = 1 + (seed % n);
          const x = scores(seed % 5 === 0 ? 3 : 0, n, seed);
          const scale = tensor(new Array(rows).fill(sigma));
          const best = sort(x, { descending: true }).values.at(':', `:${Math.min(k + 1, n)}`);
          const plan = new Float32Array(rows * 3);
          exactPlan(best.dataSync(), x.dataSync(), scale.dataSync(), plan, new Int32Array(rows), rows, n, k, gumbel);
          const ranges = tensor(plan, { shape: [rows, 3] });
          const total = zeros([rows]);
          kernels(x).exactNoise(buffer(x), buffer(scale), buffer(ranges), buffer(total), rows, n, k, gumbel);
          const plain = new Float64Array(rows);
          exactNoise(x.dataSync(), scale.dataSync(), plan, plain, rows, n, k, gumbel);
          assertClose(total.dataSync(), plain, close);
        });
      },
    ),
    { numRuns: 40, seed: 1 },
  );
});

test.run();

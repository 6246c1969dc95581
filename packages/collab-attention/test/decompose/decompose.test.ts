/** Decomposition: as good as the release's best, never worse than heads by themselves, exact where it can be, and what it refuses. */
import { init, memory, OptionError, Rng, ShapeError, scope, type Tensor, tensor } from '@saccade/tensor';
import { assertClose, assertRejects, onTestDevice } from '@saccade/testing';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type DecomposeOptions, type Decomposition, decompose } from '../../src/decompose/decompose.js';
import { goldenFile } from '../reference.js';

onTestDevice(test, init);

const rng = new Rng(0);

/** |T - sum_r ...| / |T| of the tensors that came out, the long way. */
async function errorOf(
  query: Tensor,
  key: Tensor,
  heads: number,
  found: Decomposition,
  keyHeads = heads,
): Promise<number> {
  const [q, k, a, m, b] = await Promise.all(
    [query, key, found.query, found.mixing, found.key].map(async (t) => Array.from(await t.data(), Number)),
  );
  const [[n, dq], [nk, dk], rank] = [query.shape as [number, number], key.shape as [number, number], found.rank];
  const [d, per] = [n / heads, nk / keyHeads];
  let [apart, all] = [0, 0];
  for (let h = 0; h < heads; h++) {
    const g = Math.floor((h * keyHeads) / heads);
    for (let i = 0; i < dq; i++) {
      for (let j = 0; j < dk; j++) {
        let [t, s] = [0, 0];
        for (let r = 0; r < d; r++) t += q![(h * d + r) * dq + i]! * k![(g * per + r) * dk + j]!;
        for (let r = 0; r < rank; r++) s += a![r * dq + i]! * m![h * rank + r]! * b![r * dk + j]!;
        apart += (t - s) ** 2;
        all += t * t;
      }
    }
  }
  return Math.sqrt(apart / all);
}

function free(found: Decomposition): void {
  for (const t of [found.query, found.mixing, found.key]) t.dispose();
}

interface SwapCase {
  readonly heads: number;
  readonly shared_dim: number;
  readonly planted_rank: number | null;
  readonly relative_reconstruction_error: number;
  readonly greedy_per_head_svd_error: number;
}

const swap = goldenFile<Record<string, SwapCase>>('swap');

for (const [name, c] of Object.entries(swap.scalars)) {
  test(`${name}: no worse than the release, and than heads by themselves`, async () => {
    const before = memory().tensors;
    const [query, key] = [swap.tensor(`${name}.hf.query.weight`), swap.tensor(`${name}.hf.key.weight`)];
    const found = await decompose(query, key, { heads: c.heads, rank: c.shared_dim });
    assert.ok(found.error <= Math.max(1e-9, c.greedy_per_head_svd_error), `${found.error}`);
    assert.ok(found.error <= Math.max(1e-9, 1.02 * c.relative_reconstruction_error), `${found.error}`);
    if (c.planted_rank !== null && c.planted_rank <= c.shared_dim) assert.ok(found.error <= 1e-5, `${found.error}`);
    assertClose([await errorOf(query, key, c.heads, found)], [found.error], { rtol: 1e-3, atol: 1e-6 });
    assert.equal([...found.query.shape], [c.shared_dim, query.shape[1]]);
    assert.equal([...found.mixing.shape], [c.heads, c.shared_dim]);
    free(found);
    for (const t of [query, key]) t.dispose();
    assert.is(memory().tensors, before);
  });
}

const shapes = fc
  .record({
    seed: fc.nat(1e6),
    heads: fc.integer({ min: 1, max: 4 }),
    dims: fc.integer({ min: 1, max: 4 }),
    queryWidth: fc.integer({ min: 1, max: 8 }),
    keyWidth: fc.integer({ min: 1, max: 8 }),
    share: fc.double({ min: 0, max: 1.3, noNaN: true }),
    init: fc.constantFrom('auto' as const, 'head-svd' as const, 'gevd' as const, 'normal' as const, 'uniform' as const),
    low: fc.boolean(),
  })
  .map(({ share, ...rest }) => ({ ...rest, rank: Math.max(1, Math.round(share * rest.heads * rest.dims)) }));

test('never worse than the truncation of each head, whatever the start; errors are what they are said to be', async () => {
  const property = fc.asyncProperty(
    shapes,
    async ({ seed, heads, dims, queryWidth, keyWidth, rank, init: start, low }) => {
      const own = new Rng(seed);
      const rows = heads * dims;
      const weight = (width: number): Tensor =>
        low ? scope(() => own.normal([rows, 1]).mul(own.normal([1, width]))) : own.normal([rows, width]);
      const [query, key] = [weight(queryWidth), weight(keyWidth)];
      const found = await decompose(query, key, { heads, rank, init: start, maxIterations: 30, seed });
      // Errors are roots of differences of squares in float64: below 1e-8 they are rounding.
      assert.ok(found.error <= found.headSvdError + 1e-7, `${found.error} is above ${found.headSvdError}`);
      assertClose([await errorOf(query, key, heads, found)], [found.error], { rtol: 1e-3, atol: 1e-5 });
      assert.is(found.headErrors.length, heads);
      assert.ok(
        found.history.every((error, i) => i === 0 || error <= found.history[i - 1]!),
        String(found.history),
      );
      if (rank >= rows) assert.is(found.start, 'concatenated');
      free(found);
      query.dispose();
      key.dispose();
    },
  );
  await fc.assert(property, { numRuns: 60 });
});

test('an exact decomposition is found where there is one', async () => {
  const [heads, dims, width, rank] = [4, 6, 20, 9];
  const planted = scope(() => {
    const [a, b] = [rng.normal([rank, width]), rng.normal([rank, width])];
    const mixing = rng.normal([heads, rank]);
    // Heads of more rows than the rank, so that W_Qh^T W_Kh = A^T diag(m_h) B.
    const query = Array.from({ length: heads }, (_, h) => a.mul(mixing.at(`${h}:${h + 1}`).reshape([rank, 1])));
    return { query: tensorOf(query), key: tensorOf(new Array(heads).fill(b)) };
  });
  const found = await decompose(planted.query, planted.key, { heads, rank, seed: 3 });
  assert.ok(found.error < 1e-6, `${found.error}`);
  assert.ok(dims < rank);
  free(found);
  planted.query.dispose();
  planted.key.dispose();
});

/** Rows of several matrices, one after another. */
function tensorOf(parts: readonly Tensor[]): Tensor {
  return tensor(
    parts.flatMap((t) => Array.from({ length: t.shape[0]! }, (_, i) => Array.from(t.at(i).dataSync(), Number))),
  );
}

test('heads that share a key decompose as they would with copies of it', async () => {
  const [query, key] = [rng.normal([4 * 3, 7]), rng.normal([2 * 3, 6])];
  const copies = scope(() => tensorOf([0, 0, 1, 1].map((g) => key.at(`${3 * g}:${3 * g + 3}`))));
  const options = { heads: 4, rank: 5, init: 'head-svd' } as const;
  const [shared, copied] = [
    await decompose(query, key, { ...options, keyHeads: 2 }),
    await decompose(query, copies, options),
  ];
  assertClose([shared.error], [copied.error], { rtol: 1e-9 });
  assertClose([await errorOf(query, key, 4, shared, 2)], [shared.error], { rtol: 1e-3, atol: 1e-6 });
  const whole = await decompose(query, key, { heads: 4, keyHeads: 2, rank: 14 });
  assertClose([await errorOf(query, key, 4, whole, 2)], [0], { atol: 1e-6 });
  for (const found of [shared, copied, whole]) free(found);
  for (const t of [query, key, copies]) t.dispose();
});

test('the rank for an error keeps it, and the next smaller one does not', async () => {
  const [query, key] = [rng.normal([12, 10]), rng.normal([12, 10])];
  for (const maxError of [0.5, 0.2, 0]) {
    const found = await decompose(query, key, { heads: 3, maxError });
    assert.ok(found.error <= maxError, `${found.error}`);
    if (found.rank > 1) {
      const less = await decompose(query, key, { heads: 3, rank: found.rank - 1 });
      assert.ok(less.error > maxError, `${less.error} at rank ${less.rank}`);
      free(less);
    }
    free(found);
  }
  for (const t of [query, key]) t.dispose();
});

test('with states the error of the scores on them becomes smaller than without', async () => {
  const [width, heads, rank] = [12, 3, 4];
  const [query, key] = [rng.normal([12, width]), rng.normal([12, width])];
  // States that live in few directions.
  const states = scope(() => rng.normal([200, 3]).matmul(rng.normal([3, width])));
  const onStates = (found: Decomposition): number =>
    scope(() => {
      let [apart, all] = [0, 0];
      for (let h = 0; h < heads; h++) {
        const rows = `${h * 4}:${h * 4 + 4}`;
        const score = states
          .matmul(query.at(rows).transpose())
          .matmul(states.matmul(key.at(rows).transpose()).transpose());
        const mixed = states.matmul(found.query.transpose()).mul(found.mixing.at(`${h}:${h + 1}`));
        const own = mixed.matmul(states.matmul(found.key.transpose()).transpose());
        apart += score.sub(own).square().sum().item();
        all += score.square().sum().item();
      }
      return Math.sqrt(apart / all);
    });
  const plain = await decompose(query, key, { heads, rank });
  const aware = await decompose(query, key, { heads, rank, calibration: states });
  assert.ok(onStates(aware) < 0.5 * onStates(plain), `${onStates(aware)} and ${onStates(plain)}`);
  assertClose([onStates(aware)], [aware.error], { rtol: 0.05, atol: 1e-3 });
  for (const found of [plain, aware]) free(found);
  for (const t of [query, key, states]) t.dispose();
});

test('the same seed gives the same numbers; another one another start', async () => {
  const [query, key] = [rng.normal([8, 6]), rng.normal([8, 6])];
  const run = async (seed: number): Promise<number[]> => {
    const found = await decompose(query, key, { heads: 2, rank: 3, init: 'normal', seed });
    const values = Array.from(await found.query.data(), Number);
    free(found);
    return values;
  };
  assert.equal(await run(1), await run(1));
  assert.not.equal(await run(1), await run(2));
  for (const t of [query, key]) t.dispose();
});

test('weights of zero have error 0 and factors of zero; float64 stays float64', async () => {
  const [query, key] = [tensor([[0, 0], [0, 0]], { dtype: 'float64' }), tensor([[1, 2], [3, 4]], { dtype: 'float64' })]; // biome-ignore format: matrices
  const found = await decompose(query, key, { heads: 2, rank: 1 });
  assert.equal([found.error, found.headErrors], [0, [0, 0]]);
  assert.is(found.query.dtype, 'float64');
  assert.equal(Array.from(await found.key.data(), Number), [0, 0]);
  free(found);
  for (const t of [query, key]) t.dispose();
});

test('progress is told, a signal stops it, and too few sweeps are said not to have converged', async () => {
  const [query, key] = [rng.normal([16, 12]), rng.normal([16, 12])];
  const seen: number[] = [];
  const options: DecomposeOptions = { heads: 4, rank: 6, init: 'normal', maxIterations: 3 };
  const found = await decompose(query, key, { ...options, onProgress: ({ iteration }) => seen.push(iteration) });
  assert.equal(seen.slice(0, 3), [1, 2, 3]);
  assert.is(found.converged, false);
  free(found);
  const stop = new AbortController();
  const stopped = decompose(query, key, {
    ...options,
    signal: stop.signal,
    onProgress: () => stop.abort(new Error('enough')),
  });
  await assertRejects(() => stopped, Error, /enough/);
  for (const t of [query, key]) t.dispose();
});

test('weights and options that do not fit are refused', async () => {
  const before = memory().tensors;
  const weight = (rows: number, width: number): Tensor => rng.normal([rows, width]);
  const [query, key, wide, flat] = [weight(6, 4), weight(6, 4), weight(6, 5), rng.normal([6])];
  const bad = tensor([[1, Number.NaN], [0, 1]]); // biome-ignore format: a matrix
  const whole = tensor([[1, 2]], { dtype: 'int32' });
  const refusals: [Tensor, Tensor, object, new (...args: never[]) => Error, RegExp][] = [
    [query, key, { heads: 4, rank: 1 }, OptionError, /decompose: heads must divide .*6.*, got 4/],
    [query, key, { heads: 2 }, OptionError, /takes a rank or a maxError, got neither/],
    [query, key, { heads: 2, rank: 1, maxError: 1 }, OptionError, /takes a rank or a maxError, got both/],
    [query, key, { heads: 2, rank: 0 }, OptionError, /rank must be a whole number from 1, got 0/],
    [query, key, { heads: 2, rank: 1.5 }, OptionError, /rank must be a whole number from 1, got 1.5/],
    [query, key, { heads: 2, maxError: -1 }, OptionError, /maxError must be a number from 0, got -1/],
    [query, key, { heads: 2, rank: 1, init: 'svd' }, OptionError, /init must be one of auto, .*, got "svd"/],
    [query, key, { heads: 2, rank: 1, seed: -1 }, OptionError, /seed must be a whole number/],
    [query, key, { heads: 2, keyHeads: 3, rank: 1 }, OptionError, /keyHeads must divide .*2.*, got 3/],
    [
      query,
      key,
      { heads: 2, keyHeads: 1, rank: 1 },
      ShapeError,
      /3 rows for each of 2 heads, keyWeight \[6, 4\] 6 for each of 1/,
    ],
    [
      query,
      key,
      { heads: 2, rank: 1, calibration: wide },
      ShapeError,
      /states are 5 and 5 wide, the weights take 4 and 4/,
    ],
    [query, key, { heads: 2, rank: 1, keyCalibration: key }, OptionError, /keyCalibration needs calibration/],
    [
      flat,
      key,
      { heads: 2, rank: 1 },
      ShapeError,
      /queryWeight must be a float matrix \[rows, width\], got float32 \[6\]/,
    ],
    [whole, whole, { heads: 1, rank: 1 }, ShapeError, /got int32 \[1, 2\]/],
    [query, bad, { heads: 2, rank: 1 }, OptionError, /keyWeight must be finite, got NaN at \[0, 1\]/],
  ];
  for (const [q, k, options, kind, message] of refusals) {
    await assertRejects(() => decompose(q, k, options as DecomposeOptions), kind as never, message);
  }
  for (const t of [query, key, wide, flat, bad, whole]) t.dispose();
  assert.is(memory().tensors, before);
});

test.run();

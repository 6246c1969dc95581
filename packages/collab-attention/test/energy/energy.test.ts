/** Curves of redundancy, by the vectors. */
import { memory, Rng, tensor } from '@saccade/tensor';
import { assertClose } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { HeadSvds } from '../../src/decompose/head-svd.js';
import { scoresOf } from '../../src/decompose/scores-of.js';
import { dimensionsFor, energy } from '../../src/energy/energy.js';
import { goldenFile } from '../reference.js';

const golden = goldenFile<{
  readonly heads: number;
  readonly greedy_per_head_svd_error: Readonly<Record<string, number>>;
}>('redundancy');

const weight = (name: string) => {
  const [heads, dims, width] = golden.shape(name) as [number, number, number];
  return tensor(golden.values(name), { shape: [heads * dims, width] });
};

test('energies of heads, stacked weights and unfoldings are those of the vectors', async () => {
  const before = memory().tensors;
  const [query, key] = [weight('WQ'), weight('WK')];
  const found = await energy(query, key, { heads: golden.scalars.heads });
  const expected = (name: string): readonly number[] => golden.values(`energy.${name}`);
  const same = (actual: readonly number[], name: string): void =>
    assertClose(actual.slice(0, expected(name).length), expected(name), { rtol: 0, atol: 1e-5 }, name);
  same(found.query, 'stacked_WQ');
  same(found.key, 'stacked_WK');
  same(found.sum, 'sum_WQtWK');
  same(found.unfoldings.query, 'mode_q');
  same(found.unfoldings.heads, 'mode_h');
  same(found.unfoldings.key, 'mode_k');
  same(found.heads.flat(), 'per_head_WQtWK');
  const svds = new HeadSvds(await scoresOf('test', query, key, { heads: golden.scalars.heads }));
  assertClose(
    svds.values.flatMap((values) => Array.from(values)),
    golden.values('per_head_singular_values'),
    {
      rtol: 1e-5,
      atol: 1e-5,
    },
  );
  for (const [rank, error] of Object.entries(golden.scalars.greedy_per_head_svd_error)) {
    assertClose([svds.error(Number(rank))], [error], { rtol: 1e-5, atol: 1e-6 });
  }
  for (const t of [query, key]) t.dispose();
  assert.is(memory().tensors, before);
});

test('the dimensions that hold a share, and weights of zero', async () => {
  assert.equal(
    [0.5, 0.51, 0.9, 1].map((share) => dimensionsFor(share, [0.5, 0.8, 0.9, 1])),
    [1, 2, 3, 4],
  );
  const [zero, key] = [tensor([[0, 0], [0, 0]]), new Rng(1).normal([2, 2])]; // biome-ignore format: a matrix
  const { heads, query } = await energy(zero, key, { heads: 1 });
  assert.equal([heads, query], [[[1, 1]], [1, 1]]);
  for (const t of [zero, key]) t.dispose();
});

test.run();

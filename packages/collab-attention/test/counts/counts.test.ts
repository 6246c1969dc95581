/** Counts of numbers and multiply-adds, by the vectors. */
import { OptionError } from '@saccade/tensor';
import { assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { countOperations, countParameters } from '../../src/counts/counts.js';
import { goldenFile } from '../reference.js';

interface Case {
  readonly dim_input: number;
  readonly heads: number;
  readonly head_dim: number;
  readonly shared_dim: number;
  readonly tq: number;
  readonly tk: number;
  readonly dim_value: number;
  readonly dim_output: number;
  readonly dense: boolean;
  readonly params: Readonly<Record<string, number>>;
  readonly macs_scores: Readonly<Record<string, number>>;
  readonly macs_shared: Readonly<Record<string, number>>;
  readonly key_cache_floats_per_token: Readonly<Record<string, number>>;
}

const sizesOf = (c: Case) => ({
  ...{ width: c.dim_input, heads: c.heads, headDim: c.head_dim, sharedDim: c.shared_dim },
  ...{ valueWidth: c.dim_value, outputs: c.dim_output, dense: c.dense },
});

for (const c of goldenFile<readonly Case[]>('counts').scalars) {
  test(`${c.dim_input} wide, ${c.heads} heads to ${c.shared_dim}: counts are those of the vectors`, () => {
    const { concatenated, collaborative, value, dense, keyCache } = countParameters(sizesOf(c));
    assert.equal(
      {
        concat_qk_weights: concatenated.weights,
        concat_qk_biases: concatenated.biases,
        collab_qk_weights: collaborative.weights,
        collab_mixing: collaborative.mixing,
        collab_content_bias: collaborative.contentBias,
        value,
        dense,
        concat_total: concatenated.total,
        collab_total: collaborative.total,
      },
      c.params,
    );
    assert.equal({ concat: keyCache.concatenated, collab: keyCache.collaborative }, c.key_cache_floats_per_token);
    const operations = countOperations({ ...sizesOf(c), queries: c.tq, keys: c.tk });
    assert.equal(
      {
        concat_projection: operations.concatenated.projection,
        concat_scores: operations.concatenated.scores,
        collab_projection: operations.collaborative.projection,
        collab_mixing: operations.collaborative.mixing,
        collab_content_bias: operations.collaborative.contentBias,
        collab_scores: operations.collaborative.scores,
      },
      c.macs_scores,
    );
    const { value: values, weightedSum, dense: outputs } = operations;
    assert.equal({ value_projection: values, weighted_sum: weightedSum, dense: outputs }, c.macs_shared);
  });
}

test('the break-even length is where both forms take as many operations', () => {
  const bert = { width: 768, heads: 12, headDim: 64 };
  const at = (sharedDim: number): number => countOperations({ ...bert, sharedDim, queries: 1, keys: 1 }).breakEven;
  // The spec's table.
  assert.equal(
    [128, 256, 384, 512].map((rank) => Math.floor(at(rank))),
    [1266, 336, 150, 70],
  );
  assert.is(at(64), Number.POSITIVE_INFINITY);
  assert.ok(at(768) < 0);
  const length = Math.floor(at(512));
  const saves = (tokens: number): boolean => {
    const { concatenated, collaborative } = countOperations({ ...bert, sharedDim: 512, queries: tokens, keys: tokens });
    return collaborative.total < concatenated.total;
  };
  assert.equal([saves(length), saves(length + 1)], [true, false]);
});

test('sizes that are no whole numbers are refused', () => {
  const good = { width: 8, heads: 2, headDim: 4, sharedDim: 3 };
  assertThrows(
    () => countParameters({ ...good, heads: 0 }),
    OptionError,
    /countParameters: heads must be a whole number from 1, got 0/,
  );
  assertThrows(
    () => countOperations({ ...good, queries: 1, keys: -1 }),
    OptionError,
    /keys must be a whole number from 1/,
  );
  assertThrows(() => countParameters({ ...good, depth: 1 } as never), OptionError, /depth/);
});

test.run();

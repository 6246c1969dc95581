/** Ranks by products of pairs against those by singular values. */
import { matrix } from '@saccade/tensor';
import { assertClose } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { tokenRanks } from '../../src/monitor/token-ranks.js';
import { ranksOf } from '../../src/residual/ranks.js';
import { goldenMatrices } from '../residual/golden-norms.js';

test('a matrix of zeros has rank 0, one token rank 1', () => {
  assert.equal(tokenRanks(matrix(3, 4)), { stableRank: 0, entropyRank: 0 });
  const one = tokenRanks(matrix(1, 3, Float64Array.of(1, 2, 3)));
  assertClose([one.stableRank, one.entropyRank], [1, 1], { rtol: 1e-12 });
});

test('values at the ends of the range are no matter', () => {
  for (const scale of [1e-300, 1e300]) {
    const values = Float64Array.of(1, 2, 3, 5).map((value) => value * scale);
    assertClose(
      tokenRanks(matrix(2, 2, values)).stableRank,
      ranksOf(matrix(2, 2, Float64Array.of(1, 2, 3, 5))).stableRank,
    );
  }
});

for (const { name, expected, matrix: x } of goldenMatrices) {
  test(`${name}: the ranks are the reference's`, () => {
    const { stableRank, entropyRank } = tokenRanks(x);
    assertClose(stableRank, expected.stable_rank, { rtol: 1e-6 });
    assertClose(entropyRank, expected.effective_rank_entropy, { rtol: 1e-5 });
  });
}

test.run();

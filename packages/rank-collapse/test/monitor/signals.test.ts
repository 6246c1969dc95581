/** Signals of one layer where they are known, and what is refused. */
import { type Matrix, matrix, OptionError } from '@saccade/tensor';
import { assertClose, assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { signalsOf } from '../../src/monitor/signals.js';
import { goldenMatrices } from '../residual/golden-norms.js';

const square = (rows: readonly (readonly number[])[]): Matrix =>
  matrix(rows.length, rows[0]!.length, Float64Array.from(rows.flat()));
const uniform = (n: number): Matrix => matrix(n, n, new Float64Array(n * n).fill(1 / n));

for (const { name, expected, matrix: x } of goldenMatrices) {
  test(`${name}: ratio, cosine and ranks are the reference's`, () => {
    const { ratio, cosine, stableRank, entropyRank, atFloor, tokens } = signalsOf({ layer: 1, tokens: [x] });
    assert.is(tokens, x.rows);
    assertClose([ratio, cosine], [expected.ratio, expected.mean_offdiag_cosine], { rtol: 1e-6, atol: 1e-12 });
    assertClose([stableRank, entropyRank], [expected.stable_rank, expected.effective_rank_entropy], { rtol: 1e-5 });
    assert.is(atFloor, expected.ratio < 64 * 2 ** -23 * Math.sqrt(x.rows));
  });
}

test('entropy: log tokens for uniform attention, 0 for attention to one token, means over heads', () => {
  const tokens = [square([[1], [2], [3], [4]])];
  const one = square([
    [1, 0, 0, 0],
    [1, 0, 0, 0],
    [0, 0, 1, 0],
    [0, 0, 0, 1],
  ]);
  const both = signalsOf({ layer: 1, tokens, attention: [uniform(4), one] });
  assertClose(both.attentionEntropy as number, Math.log(4) / 2);
  assertClose(both.relativeEntropy as number, 0.5);
  assertClose(both.spectralGap as number, 0.5, { atol: 1e-9 });
});

test('signals are plain finite numbers, also of one token and of zeros', () => {
  for (const tokens of [[square([[1, 2]])], [matrix(3, 2)], [matrix(1, 2)]]) {
    const signals = signalsOf({ layer: 0, tokens, attention: [uniform(tokens[0]!.rows)] });
    assert.is(signals.ratio, 0);
    assert.ok(signals.degenerate);
    assert.equal(JSON.parse(JSON.stringify(signals)), signals);
  }
  assert.not.ok(signalsOf({ layer: 0, tokens: [matrix(1, 2)] }).atFloor);
  assert.is(signalsOf({ layer: 0, tokens: [square([[1, 2]])], attention: [uniform(1)] }).relativeEntropy, undefined);
});

test('what is not known is left out, and what is known stays', () => {
  const tokens = [square([[1], [2]])];
  assert.equal(Object.keys(signalsOf({ layer: 0, tokens })).includes('spectralGap'), false);
  assert.is(signalsOf({ layer: 3, tokens, gradientRatio: 0.25 }).gradientRatio, 0.25);
  assert.is(signalsOf({ layer: 3, tokens, dtype: 'float64' }).floor, 64 * 2 ** -52 * Math.SQRT2);
});

test('NaN, infinities and rows that do not sum to 1 are refused with their layer', () => {
  for (const bad of [Number.NaN, Number.NEGATIVE_INFINITY]) {
    const tokens = [square([[1, bad]])];
    const message = /signalsOf: hidden states of layer 4 must be finite, got (NaN|-Infinity)/;
    assertThrows(() => signalsOf({ layer: 4, tokens }), OptionError, message);
  }
  const tokens = [square([[1], [2]])];
  const masked = square([
    [0.5, 0.5],
    [0, 0],
  ]);
  const rows = /attention of layer 2 must have rows that sum to 1, got 0 in row 1: no fully masked row/;
  assertThrows(() => signalsOf({ layer: 2, tokens, attention: [masked] }), OptionError, rows);
});

test.run();

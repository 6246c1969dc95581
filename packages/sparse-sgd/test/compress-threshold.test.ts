import { OptionError, Rng } from '@saccade/tensor';
import { assertClose, assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { threshold, thresholdCompressor } from '../src/compress/threshold.js';
import { extensions, precisions, spread } from './compress-vectors.js';

test('keeps entries whose magnitude reaches the threshold', () => {
  assert.equal([...threshold(Float32Array.of(1, -2, 0.5, 2), 1).indices], [0, 1, 3]);
});

test('keeps those of the largest magnitude where none reaches it', () => {
  assert.equal([...threshold(Float32Array.of(1, -2, 0.5, 2), 10).indices], [1, 3]);
  assert.equal([...threshold(Float32Array.of(-3, -1), 10).indices], [0]);
});

test('keeps nothing of zeros', () => {
  assert.is(threshold(Float32Array.of(0, -0), 1).indices.length, 0);
  const message = thresholdCompressor(1).compress(new Float64Array(3), new Rng(0), { step: 0, stream: 0 });
  assert.ok(message.kind === 'sparse' && message.indices.length === 0);
});

test('refuses thresholds and entries that cannot be', () => {
  for (const bad of [0, -1, Number.NaN, '1' as never]) {
    assertThrows(
      () => threshold(Float32Array.of(1), bad),
      OptionError,
      /threshold: magnitude must be a number above 0/,
    );
    assertThrows(() => thresholdCompressor(bad), OptionError, /magnitude must be a number above 0/);
  }
  assertThrows(() => threshold(Float32Array.of(Number.POSITIVE_INFINITY), 1), OptionError, /got Infinity at 0/);
});

for (const { name, of, tolerance } of precisions) {
  test(`gives the recorded results in ${name}`, () => {
    const x = of(extensions.values('x'));
    assertClose(spread(threshold(x, 0.5), 12), extensions.values('threshold_0.5'), tolerance);
    assertClose(spread(threshold(x, 1.5), 12), extensions.values('threshold_1.5'), tolerance);
  });
}

test.run();

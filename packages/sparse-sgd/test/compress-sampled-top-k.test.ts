import { OptionError, Rng } from '@saccade/tensor';
import { assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { sampledTopK, sampledTopKCompressor } from '../src/compress/sampled-top-k.js';
import { topK } from '../src/compress/top-k.js';

const normal = new Rng(1).normal([50000]).dataSync();

test('keeps about k entries, never more, and none that is smaller than one left out', () => {
  for (let seed = 0; seed < 20; seed++) {
    const { indices } = sampledTopK(normal, 500, new Rng(seed));
    assert.ok(indices.length <= 500 && indices.length > 150, `${indices.length} entries`);
    assert.equal(indices, topK(normal, indices.length).indices);
  }
});

test('the same seed gives the same entries, and the generator moves on', () => {
  const rng = new Rng(4);
  const first = sampledTopK(normal, 100, rng);
  assert.equal(sampledTopK(normal, 100, new Rng(4)).indices, first.indices);
  assert.not.equal(rng.state, new Rng(4).state);
});

test('a short vector is looked at as a whole', () => {
  const rng = new Rng(0);
  assert.equal(sampledTopK(normal.subarray(0, 900), 9, rng).indices, topK(normal.subarray(0, 900), 9).indices);
  assert.equal(rng.state, new Rng(0).state);
});

test('finds what there is where nearly all are zeros', () => {
  const vector = new Float32Array(20000);
  vector[12345] = -2;
  vector[77] = 1;
  const { indices, values } = sampledTopK(vector, 2, new Rng(0));
  assert.equal([...indices], [77, 12345]);
  assert.equal([...values], [1, -2]);
});

test('keeps no more than k of equal entries', () => {
  assert.is(sampledTopK(new Float64Array(5000).fill(1), 10, new Rng(0)).indices.length, 10);
});

test('refuses shares and entries that cannot be', () => {
  assertThrows(() => sampledTopK(normal, 1, new Rng(0), { sample: 0 }), OptionError, /sample must be a number above 0/);
  assertThrows(() => sampledTopK(normal, 0, new Rng(0)), OptionError, /k must be a whole number from 1, got 0/);
  assertThrows(() => sampledTopK(normal, 1, 5 as never), OptionError, /such as new Rng\(seed\), got 5/);
  const bad = normal.slice();
  bad[1] = Number.NaN;
  assertThrows(
    () => sampledTopK(bad, 10, new Rng(0)),
    OptionError,
    /sampledTopK: entries must be finite, got NaN at 1/,
  );
  assertThrows(
    () => sampledTopKCompressor({ k: 1 }, null as never),
    OptionError,
    /sampledTopKCompressor: expected options/,
  );
  assertThrows(() => sampledTopKCompressor({ k: 1 }, { sample: 2 }), OptionError, /sample must be/);
});

test('the compressor is named after its share and sample', () => {
  assert.is(sampledTopKCompressor({ ratio: 0.001 }).name, 'sampled:0.1%');
  assert.is(
    sampledTopKCompressor({ k: 7 }, { sample: 0.05, values: 'bfloat16' }).name,
    'sampled:7/sample=0.05@bfloat16',
  );
});

test.run();

import { OptionError, Rng } from '@saccade/tensor';
import { assertClose, assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ultraSparse, ultraSparseCompressor } from '../src/compress/ultra-sparse.js';
import { extensions, precisions, spread } from './compress-vectors.js';

test('sends one entry with probability p, each as often', () => {
  const vector = Float32Array.of(1, 2, 3, 4);
  const counts = [0, 0, 0, 0, 0];
  const rng = new Rng(2);
  for (let i = 0; i < 8000; i++) {
    const { indices, values } = ultraSparse(vector, 0.4, rng);
    assert.ok(indices.length <= 1);
    counts[indices.length === 0 ? 0 : values[0]!]!++;
  }
  const close = (count: number, expected: number): void =>
    assert.ok(Math.abs(count - expected) < 5 * Math.sqrt(expected), `${count}, expected ${expected}`);
  close(counts[0]!, 4800);
  for (const count of counts.slice(1)) close(count, 800);
});

test('always sends one with p = 1, and none of a vector without entries', () => {
  for (let seed = 0; seed < 20; seed++)
    assert.is(ultraSparse(Float32Array.of(1, 2), 1, new Rng(seed)).indices.length, 1);
  assert.is(ultraSparse(new Float32Array(0), 1, new Rng(0)).indices.length, 0);
});

test('given uniforms never lead beyond the last entry', () => {
  const uniforms = Float64Array.of(0, 1 - 2 ** -53, 1 - 2 ** -53);
  assert.equal([...ultraSparse(Float32Array.of(1, 2), 1, { uniforms }).indices], [1]);
});

test('refuses what cannot be', () => {
  const x = Float32Array.of(1);
  for (const p of [0, -0.1, 1.1, Number.NaN]) {
    assertThrows(
      () => ultraSparse(x, p, new Rng(0)),
      OptionError,
      /ultraSparse: p must be a number above 0 and at most 1/,
    );
    assertThrows(() => ultraSparseCompressor(p), OptionError, /p must be a number above 0/);
  }
  assertThrows(() => ultraSparse(Float32Array.of(Number.NaN), 1, new Rng(0)), OptionError, /got NaN at 0/);
  assertThrows(() => ultraSparse(x, 1, { uniforms: new Float32Array(2) }), OptionError, /needs 3 uniforms, got 2/);
  assertThrows(() => ultraSparse(x, 1, 7 as never), OptionError, /pass new Rng\(seed\) or \{ uniforms \}, got 7/);
});

for (const { name, of, tolerance } of precisions) {
  test(`gives the recorded result in ${name}`, () => {
    const { p, uniform, index } = extensions.scalars.ultra;
    const x = of(extensions.values('x'));
    const uniforms = Float64Array.of(uniform, (index + 0.5) / 12, 0);
    assertClose(spread(ultraSparse(x, p, { uniforms }), 12), extensions.values(`ultra_p${p}`), tolerance);
    assert.is(ultraSparse(x, uniform / 2, { uniforms }).indices.length, 0);
  });
}

test.run();

import { OptionError, Rng } from '@saccade/tensor';
import { assertClose, assertThrows } from '@saccade/testing';
import { Golden } from '@saccade/testing/golden';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { messageVector } from '../src/compress/apply-message.js';
import { euclideanNorm } from '../src/compress/norm.js';
import { qsgd, qsgdCompressor } from '../src/compress/qsgd.js';
import { anyVector, meanOverUniforms, precisions, squaredNorm } from './compress-vectors.js';

test('gives levels of the norm, one norm a bucket', () => {
  const message = qsgd(Float32Array.of(3, -4, 0, 6, 8), 10, { uniforms: new Float32Array(5).fill(0.5) }, { bucket: 3 });
  assert.equal([...message.norms], [5, 10]);
  assert.equal([...message.levels], [6, -8, 0, 6, 8]);
  assert.is(message.bucket, 3);
  assert.instance(message.norms, Float32Array);
  assertClose(messageVector(message), [3, -4, 0, 6, 8]);
});

test('a bucket of zeros gives zeros, never NaN', () => {
  const message = qsgd(Float64Array.of(0, -0, 0, 2), 4, new Rng(0), { bucket: 2 });
  assert.equal([...messageVector(message)], [0, 0, 0, 2]);
  assert.equal([...messageVector(qsgd(new Float32Array(5), 1, new Rng(0)))], [0, 0, 0, 0, 0]);
  assert.is(qsgd(new Float32Array(0), 1, new Rng(0)).levels.length, 0);
});

test('the norm holds where squares leave the range of float64', () => {
  assertClose(euclideanNorm(Float64Array.of(3e200, -4e200), 0, 2), 5e200, { rtol: 1e-14 });
  assertClose(euclideanNorm(Float64Array.of(3e-200, 4e-200), 0, 2), 5e-200, { rtol: 1e-14, atol: 0 });
  assert.is(euclideanNorm(Float64Array.of(0, 5e-324), 0, 2), 5e-324);
  const message = qsgd(Float32Array.of(2 ** -149, 0, -(2 ** -149)), 8, new Rng(1));
  assert.ok(messageVector(message).every((value) => Number.isFinite(value)));
});

test('a norm that its precision does not hold becomes the largest number, and the mean stays right', () => {
  for (const x of [Float32Array.of(3e38, 3e38, 1, -3e38), Float64Array.of(1.5e308, -1.5e308, 1, 1e308)]) {
    const largest = x instanceof Float64Array ? Number.MAX_VALUE : (2 - 2 ** -23) * 2 ** 127;
    for (const s of [1, 16, 32767]) {
      const message = qsgd(x, s, new Rng(2));
      assert.equal([...message.norms], [largest]);
      assert.ok(messageVector(message).every(Number.isFinite));
      const halves = { uniforms: new Float64Array(4).fill(0.5) };
      // Rounded to the nearest level.
      assertClose(messageVector(qsgd(x, s, halves)), x, { rtol: 0, atol: (0.500001 * largest) / s });
    }
  }
});

test('the same seed gives the same levels, and the generator moves on', () => {
  const x = Float32Array.from({ length: 100 }, (_, i) => Math.sin(i));
  const rng = new Rng(1);
  const first = qsgd(x, 4, rng);
  assert.equal(qsgd(x, 4, new Rng(1)), first);
  assert.not.equal(qsgd(x, 4, rng).levels, first.levels);
});

test('refuses what cannot be', () => {
  const x = Float32Array.of(1);
  for (const s of [0, 1.5, 32768]) {
    assertThrows(() => qsgd(x, s, new Rng(0)), OptionError, /qsgd: s must be a whole number in \[1, 32767\], got/);
    assertThrows(() => qsgdCompressor(s), OptionError, /s must be a whole number/);
  }
  assertThrows(() => qsgd(x, 1, new Rng(0), { bucket: 0 }), OptionError, /bucket must be a whole number from 1/);
  assertThrows(() => qsgd(x, 1, { uniforms: new Float32Array(0) }), OptionError, /qsgd: needs 1 uniforms, got 0/);
  assertThrows(() => qsgd(Float32Array.of(Number.NaN), 1, new Rng(0)), OptionError, /got NaN at 0/);
});

for (const { name, of, tolerance } of precisions) {
  test(`gives the recorded results in ${name}`, () => {
    const golden = new Golden<{ d: number; T: number }>(new URL('golden/compress', import.meta.url));
    const { d, T } = golden.scalars;
    const grads = golden.values('grads');
    for (const s of [2, 4, 16, 256]) {
      const uniforms = Float64Array.from(golden.values(`qsgd${s}.uniforms`));
      const expected = golden.values(`qsgd${s}.out`);
      for (let t = 0; t < T; t++) {
        const part = [t * d, (t + 1) * d] as const;
        const message = qsgd(of(grads.slice(...part)), s, { uniforms: uniforms.slice(...part) });
        assertClose(messageVector(message), expected.slice(...part), tolerance, `s ${s}, step ${t}`);
      }
    }
  });
}

test('the mean is the vector, and the variance as the paper bounds it', () => {
  fc.assert(
    fc.property(
      anyVector({ maxLength: 12 }),
      fc.constantFrom(1, 2, 4, 16),
      fc.constantFrom(3, undefined),
      (x, s, bucket) => {
        const { mean, error } = meanOverUniforms(x, (uniforms) => qsgd(x, s, { uniforms }, { bucket }), 512);
        const scale = Math.sqrt(squaredNorm(x));
        assertClose(mean, x, { rtol: 0, atol: scale / (256 * s) + 1e-6 * scale });
        const d = Math.min(x.length, bucket ?? x.length);
        const variance = Math.min(d / s ** 2, Math.sqrt(d) / s);
        assert.ok(error <= (variance + x.length / 256 / s) * scale ** 2 + 1e-300);
      },
    ),
    { seed: 3, numRuns: 40 },
  );
});

test.run();

import { OptionError, Rng } from '@saccade/tensor';
import { assertClose, assertThrows } from '@saccade/testing';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { messageVector } from '../src/compress/apply-message.js';
import { ternGrad, ternGradCompressor } from '../src/compress/tern-grad.js';
import { anyVector, extensions, meanOverUniforms, precisions } from './compress-vectors.js';

test('sends one magnitude and signs of it', () => {
  const message = ternGrad(Float32Array.of(2, -1, 0, -2), { uniforms: new Float32Array(4).fill(0.4) });
  assert.equal([message.s, message.bucket, ...message.norms], [1, 4, 2]);
  assert.equal([...message.levels], [1, -1, 0, -1]);
});

test('cuts entries at 2.5 deviations around 0 unless told otherwise', () => {
  const x = new Float64Array(100).fill(1);
  x[3] = -1000;
  const deviation = Math.sqrt((99 + 1e6) / 100);
  assertClose(ternGrad(x, new Rng(0)).norms, [2.5 * deviation], { rtol: 1e-12 });
  assertClose(ternGrad(x, new Rng(0), { clip: 4 }).norms, [4 * deviation], { rtol: 1e-12 });
  assert.is(ternGrad(x, new Rng(0), { clip: Number.POSITIVE_INFINITY }).norms[0], 1000);
  assert.is(ternGrad(x, new Rng(0)).levels[3], -1);
});

test('equal entries and single ones stay as they are', () => {
  assert.equal([...messageVector(ternGrad(Float32Array.of(3, 3, 3), new Rng(0)))], [3, 3, 3]);
  assert.equal([...messageVector(ternGrad(Float64Array.of(-0.1), new Rng(0)))], [-0.1]);
});

test('zeros give zeros, never NaN', () => {
  for (const clip of [2.5, Number.POSITIVE_INFINITY]) {
    assert.equal([...messageVector(ternGrad(Float32Array.of(0, -0), new Rng(0), { clip }))], [0, 0]);
  }
  assert.is(ternGrad(new Float32Array(0), new Rng(0)).norms.length, 0);
});

test('refuses what cannot be', () => {
  for (const clip of [0, -1, Number.NaN]) {
    assertThrows(
      () => ternGrad(Float32Array.of(1), new Rng(0), { clip }),
      OptionError,
      /ternGrad: clip must be a number/,
    );
    assertThrows(() => ternGradCompressor({ clip }), OptionError, /clip must be a number above 0/);
  }
  assertThrows(() => ternGrad(Float32Array.of(Number.NEGATIVE_INFINITY), new Rng(0)), OptionError, /-Infinity at 0/);
});

for (const { name, of, tolerance } of precisions) {
  test(`gives the recorded result in ${name}`, () => {
    const uniforms = Float64Array.from(extensions.values('terngrad.uniforms'));
    const message = ternGrad(of(extensions.values('x')), { uniforms });
    assertClose(messageVector(message), extensions.values('terngrad'), tolerance);
  });
}

test('without cutting the mean is the vector', () => {
  const clip = Number.POSITIVE_INFINITY;
  assert.ok(ternGradCompressor({ clip }).unbiased && !ternGradCompressor().unbiased);
  fc.assert(
    fc.property(anyVector({ maxLength: 10 }), (x) => {
      const { mean } = meanOverUniforms(x, (uniforms) => ternGrad(x, { uniforms }, { clip }), 512);
      assertClose(mean, x, { rtol: 0, atol: Math.max(...x.map(Math.abs)) * 0.002 });
    }),
    { seed: 4, numRuns: 40 },
  );
});

test.run();

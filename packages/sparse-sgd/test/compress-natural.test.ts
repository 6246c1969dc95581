import { OptionError, Rng } from '@saccade/tensor';
import { assertClose, assertThrows } from '@saccade/testing';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { messageVector } from '../src/compress/apply-message.js';
import { natural, naturalCompressor } from '../src/compress/natural.js';
import { anyVector, extensions, meanOverUniforms, precisions, squaredNorm } from './compress-vectors.js';

const sent = (value: number, uniform: number): number =>
  messageVector(natural(Float64Array.of(value), { uniforms: Float64Array.of(uniform) }))[0]!;

test('rounds up or down to a power of two, by chance', () => {
  assert.is(sent(3, 0.49), 4);
  assert.is(sent(3, 0.5), 2);
  assert.is(sent(-0.375, 0.49), -0.5);
});

test('powers of two stay as they are, over all of float32', () => {
  for (let exponent = -149; exponent <= 127; exponent++) {
    for (const uniform of [0, 0.999999]) assert.is(sent(2 ** exponent, uniform), 2 ** exponent);
    if (exponent > -149) assert.is(sent(-(2 ** exponent) * (1 - 2 ** -24), 1 - 2 ** -40), -(2 ** (exponent - 1)));
  }
});

test('what is smaller than float32 becomes 0 or its smallest number, what is larger its largest power', () => {
  assert.is(sent(2 ** -150, 0.49), 2 ** -149);
  assert.is(sent(-(2 ** -150), 0.5), 0);
  assert.is(sent(5e-324, 0.1), 0);
  assert.is(sent(1.9 * 2 ** 127, 0), 2 ** 127);
  assert.is(sent(-1e300, 0), -(2 ** 127));
});

test('zeros give zeros', () => {
  assert.equal([...natural(Float32Array.of(0, -0), new Rng(0)).codes], [0, 0]);
  assert.is(natural(new Float32Array(0), new Rng(0)).codes.length, 0);
});

test('refuses entries that are not finite', () => {
  assertThrows(
    () => natural(Float32Array.of(1, Number.NaN), new Rng(0)),
    OptionError,
    /natural: entries must be finite/,
  );
});

for (const { name, of, tolerance } of precisions) {
  test(`gives the recorded result in ${name}`, () => {
    const uniforms = Float64Array.from(extensions.values('natural.uniforms'));
    const message = natural(of(extensions.values('x')), { uniforms });
    assertClose(messageVector(message), extensions.values('natural'), tolerance);
  });
}

test('the mean is the vector, and the variance at most an eighth', () => {
  assert.ok(naturalCompressor().unbiased);
  fc.assert(
    fc.property(anyVector({ maxLength: 10 }), (x) => {
      const { mean, error } = meanOverUniforms(x, (uniforms) => natural(x, { uniforms }), 1024);
      assertClose(mean, x, { rtol: 0.001, atol: 0 });
      assert.ok(error <= (1 / 8 + 0.002) * squaredNorm(x));
    }),
    { seed: 5, numRuns: 40 },
  );
});

test.run();

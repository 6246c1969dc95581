/** How the noise fades. */
import { OptionError } from '@saccade/tensor';
import { assertClose, assertThrows } from '@saccade/testing';
import { Golden } from '@saccade/testing/golden';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { cosineSigma, linearSigma } from '../src/model/sigma-schedule.js';

test('the linear one is whole in the first step and 0 after the last', () => {
  const sigma = linearSigma({ steps: 4 });
  assertClose([0, 1, 3, 4, 9].map(sigma), [0.05, 0.0375, 0.0125, 0, 0]);
  assertClose(linearSigma({ steps: 2, sigma: 3 })(1), 1.5);
});

test('the cosine goes from 0.05 to 1e-5 and stays there', () => {
  const sigma = cosineSigma({ steps: 10 });
  assertClose([0, 5, 10, 99].map(sigma), [0.05, (0.05 + 1e-5) / 2, 1e-5, 1e-5]);
});

test('options that make no sense are refused', () => {
  assertThrows(() => linearSigma({ steps: 0 }), OptionError, /linearSigma: steps must be a whole number from 1, got 0/);
  assertThrows(() => linearSigma({ steps: 1, sigma: -1 }), OptionError, /sigma must be a number from 0, got -1/);
  assertThrows(() => cosineSigma({ steps: 1, final: NaN }), OptionError, /cosineSigma: final must be a number from 0/);
  assertThrows(() => cosineSigma({ steps: 1, end: 1 } as never), OptionError, /no option 'end'/);
});

test("the linear multipliers are the reference's", () => {
  const golden = new Golden<{ readonly optimizer: { readonly numTrainSteps: number } }>(
    new URL('golden/training', import.meta.url),
  );
  const expected = golden.values('schedule.sigma_multiplier');
  const multiplier = linearSigma({ sigma: 1, steps: golden.scalars.optimizer.numTrainSteps });
  assertClose(
    expected.map((_, step) => multiplier(step)),
    expected,
    { atol: 1e-12 },
  );
  assert.is(multiplier(expected.length - 1), 0);
});

test.run();

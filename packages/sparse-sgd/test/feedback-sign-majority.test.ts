import { OptionError } from '@saccade/tensor';
import { assertClose, assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { signMajority } from '../src/feedback/sign-majority.js';
import { simulate } from '../src/feedback/simulate.js';
import { d, gradientsOf, T, vectorsOf, W } from './extensions.js';

test('goes where most workers point, and up where as many point down', async () => {
  const job = simulate(3, () => signMajority(3));
  assert.equal(
    [
      ...(await job.turn(
        [
          [-9, 1, 0],
          [1, -1, -1],
          [1, -1, -1],
        ].map((g) => Float32Array.from(g)),
      )),
    ],
    [1, -1, -1],
  );
  assert.equal([...(await job.turn([Float32Array.of(-9, 1, 0), Float32Array.of(1, -1, -1), undefined]))], [1, 1, 1]);
});

test('does not move along messages that are no signs', () => {
  const message = { kind: 'dense', length: 2, values: Float32Array.of(1e9, 1) } as const;
  assert.equal([...signMajority(2).absorb([{ messages: [message], own: undefined, changed: false }])], [0, 0]);
});

test('options that cannot be are refused', () => {
  assertThrows(() => signMajority(0), OptionError, /length/);
  assertThrows(() => signMajority(2, { precision: 'half' as 'float32' }), OptionError, /precision/);
});

test('the reference vectors hold', async () => {
  const job = simulate(W, () => signMajority(d));
  const gradients = gradientsOf('grads', d);
  for (let t = 0; t < T; t++) assertClose(await job.turn(gradients[t]!), vectorsOf('majority', d)[t]!);
});

test.run();

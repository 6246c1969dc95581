/** Checks give back what is right and say what is wrong. */
import { OptionError } from '@saccade/kernels';
import {
  Rng,
  requireAbove,
  requireCount,
  requireCounts,
  requireDivides,
  requireFlag,
  requireFrom,
  requireOneOf,
  requireRng,
  requireWithin,
} from '@saccade/tensor';
import { assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

test('what is right comes back', () => {
  assert.is(requireCount('f', 'n', 1), 1);
  assert.is(requireCount('f', 'n', 0, 0, 0), 0);
  assert.equal(requireCounts('f', 'n', [3, 1], 2), [3, 1]);
  assert.is(requireAbove('f', 'x', 1e-300), 1e-300);
  assert.is(requireFrom('f', 'x', 0), 0);
  assert.is(requireWithin('f', 'x', 1, 0, 1), 1);
  assert.is(requireDivides('f', 'heads', 4, 8, 12), 4);
  assert.is(requireOneOf('f', 'mode', 'a', ['a', 'b']), 'a');
  assert.is(requireFlag('f', 'causal', false), false);
  const rng = new Rng(1);
  assert.is(requireRng('f', rng), rng);
});

test('what is wrong is named with what came instead', () => {
  const refused: readonly (readonly [() => unknown, RegExp])[] = [
    [() => requireCount('f', 'n', 0), /^f: n must be a whole number from 1, got 0$/],
    [() => requireCount('f', 'n', 1.5, 0), /^f: n must be a whole number from 0, got 1.5$/],
    [() => requireCount('f', 'n', '2' as never), /^f: n must be a whole number from 1, got "2"$/],
    [() => requireCount('f', 'n', 9, 1, 8), /^f: n must be a whole number in \[1, 8\], got 9$/],
    [() => requireCounts('f', 'sizes', [2, 0]), /^f: sizes must be at least 1 whole numbers from 1, got \[2, 0\]$/],
    [() => requireCounts('f', 'sizes', [2], 2), /at least 2 whole numbers/],
    [() => requireAbove('f', 'x', 0), /^f: x must be a number above 0, got 0$/],
    [() => requireAbove('f', 'x', Number.NaN), /got NaN$/],
    [() => requireAbove('f', 'x', Infinity), /got Infinity$/],
    [() => requireFrom('f', 'x', -1), /^f: x must be a number from 0, got -1$/],
    [() => requireWithin('f', 'x', Number.NaN, 0, 1), /^f: x must be a number in \[0, 1\], got NaN$/],
    [() => requireDivides('f', 'heads', 3, 8), /^f: heads must divide 8 channels, got 3$/],
    [() => requireOneOf('f', 'mode', 'c', ['a', 'b']), /^f: mode must be one of a, b, got "c"$/],
    [() => requireFlag('f', 'causal', 1 as never), /^f: causal must be true or false, got 1$/],
    [() => requireRng('f', undefined), /^f: needs a source of random numbers such as new Rng\(seed\), got undefined$/],
  ];
  for (const [call, message] of refused) assertThrows(call, OptionError, message);
});

test.run();

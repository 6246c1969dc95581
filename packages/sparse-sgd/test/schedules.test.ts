/** Learning rates: the reference's numbers, shifts in d and k, texts, what is refused. */
import { OptionError } from '@saccade/tensor';
import { assertClose, assertThrows } from '@saccade/testing';
import { Golden } from '@saccade/testing/golden';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseRate } from '../src/training/parse-rate.js';
import { bottou, constant, decay, epochDecay, type LearningRate, resolveRate } from '../src/training/schedules.js';

interface Case {
  readonly params: {
    readonly lr_type: LearningRate['kind'];
    readonly initial_lr: number;
    readonly epoch_decay_lr?: number;
    readonly tau?: number;
    readonly regularizer?: number;
  };
  readonly points: readonly { epoch: number; iteration: number; num_samples: number; lr: number }[];
}

const { lr: cases } = new Golden<{ lr: Case[] }>(new URL('golden/schedules', import.meta.url)).scalars;

function rateOf({ lr_type: kind, initial_lr: gamma, epoch_decay_lr, tau, regularizer: lambda }: Case['params']) {
  switch (kind) {
    case 'constant':
      return constant(gamma);
    case 'epoch-decay':
      return epochDecay(gamma, epoch_decay_lr!);
    case 'decay':
      return decay({ gamma, shift: tau, lambda });
    case 'bottou':
      return bottou({ gamma, lambda });
  }
}

/** Everything but the function. */
const plain = ({ at: _, ...rest }: LearningRate): object => rest;

test('a rate tells its kind and parameters', () => {
  assert.equal(plain(constant(0.1)), { kind: 'constant', rate: 0.1 });
  assert.equal(plain(epochDecay(0.5, 0.9)), { kind: 'epoch-decay', rate: 0.5, decay: 0.9 });
  assert.equal(plain(decay({})), { kind: 'decay', gamma: 2, shift: 'd/k', lambda: undefined });
  assert.equal(plain(bottou({ lambda: 0.01 })), { kind: 'bottou', gamma: 1, lambda: 0.01 });
});

test('a shift in d and k, and lambda, come from the problem; what the rate says itself stays', () => {
  const problem = { d: 300, k: 2, lambda: 0.5 };
  for (const [shift, number] of [
    ['d/k', 150],
    ['d', 300],
    ['10d/k', 1500],
    ['.5d', 150],
    [7, 7],
  ] as const) {
    const rate = resolveRate(decay({ shift }), problem);
    assert.equal(plain(rate), { kind: 'decay', gamma: 2, shift: number, lambda: 0.5 });
    assert.is(rate.at(3, 1), 2 / (0.5 * (number + 3)));
  }
  assert.equal(plain(resolveRate(decay({ shift: 3, lambda: 0.1 }), problem)), plain(decay({ shift: 3, lambda: 0.1 })));
  assert.is(resolveRate(bottou({}), problem).at(2, 1), 0.5);
  assert.is(bottou({ gamma: 3, lambda: 0 }).at(9), 3);
  assert.is(resolveRate(constant(0.1), {}).at(5, 1), 0.1);
});

test('a shift or a lambda of 0 is refused, for decay divides by both', () => {
  const bad = (options: object) => () => decay(options as never);
  for (const [call, message] of [
    [bad({ shift: 0 }), /decayRate: shift must be a number above 0, for the rate at step 0 divides by it, .* got 0/],
    [bad({ shift: '0d/k' }), /shift must be/],
    [bad({ shift: 'k/d' }), /shift must be .* got "k\/d"/],
    [bad({ shift: Number.NaN }), /shift must be/],
    [bad({ lambda: 0 }), /decayRate: lambda must be a number above 0, got 0/],
    [bad({ gamma: -1 }), /gamma/],
    [bad({ tau: 3 }), /decayRate: no option 'tau'/],
    [() => bottou({ lambda: -1 }), /bottouRate: lambda must be a number from 0, got -1/],
    [() => bottou({ gamma: 0 }), /bottouRate: gamma/],
    [() => constant(0), /constantRate: the rate must be a number above 0, got 0/],
    [() => constant('1' as never), /constantRate: the rate .* got "1"/],
    [() => epochDecay(1, 1.1), /epochDecayRate: the decay must be at most 1, got 1.1/],
    [() => epochDecay(Number.POSITIVE_INFINITY, 0.5), /epochDecayRate: the rate/],
  ] as const) {
    assertThrows(call, OptionError, message);
  }
});

test('a rate with something open says so, and so does a problem that lacks it', () => {
  for (const [call, message] of [
    [() => decay({ lambda: 1 }).at(0), /decayRate: shift d\/k and lambda 1 must be numbers; use resolveRate/],
    [() => decay({ shift: 3 }).at(0), /shift 3 and lambda undefined/],
    [() => bottou({}).at(0), /bottouRate: lambda must be a number/],
    [() => epochDecay(1, 0.5).at(3, 0), /epochDecayRate: samplesPerEpoch must be from 1, got 0/],
    [() => epochDecay(1, 0.5).at(3, undefined as never), /got undefined/],
    [() => resolveRate(decay({}), { d: 3, k: 1 }), /resolveRate: decay needs lambda/],
    [() => resolveRate(decay({}), { d: 3, lambda: 1 }), /k of the shift d\/k must be a number above 0, got undefined/],
    [() => resolveRate(decay({ shift: 'd' }), { lambda: 1 }), /d of the shift d must be/],
    [() => resolveRate(decay({}), { d: 3, k: 1, lambda: 0 }), /lambda must be a number above 0, got 0/],
  ] as const) {
    assertThrows(call, OptionError, message);
  }
});

test('texts of commands', () => {
  for (const [text, rate] of [
    ['constant:0.1', constant(0.1)],
    ['epoch-decay:0.5,0.9', epochDecay(0.5, 0.9)],
    ['decay:2', decay({ gamma: 2 })],
    ['decay:2,d/k', decay({ gamma: 2, shift: 'd/k' })],
    ['decay:2,10d/k', decay({ gamma: 2, shift: '10d/k' })],
    ['decay:2,300', decay({ gamma: 2, shift: 300 })],
    ['bottou:1e-2', bottou({ gamma: 0.01 })],
  ] as const) {
    assert.equal(plain(parseRate(text)), plain(rate), text);
  }
  for (const text of [
    '',
    'constant',
    'constant:1,2',
    'epoch-decay:1',
    'decay:1,2,3',
    'cosine:1',
    'toString:1',
    '0.1',
  ]) {
    assertThrows(() => parseRate(text), OptionError, /parseRate: expected constant:0.1, .* got /);
  }
  for (const text of [
    'constant:',
    'constant:x',
    'decay:2,',
    'decay:2,0',
    'decay:2,xd',
    'bottou:0',
    'epoch-decay:1,2',
  ]) {
    assertThrows(() => parseRate(text), OptionError, /must be/);
  }
});

for (const { params, points } of cases) {
  test(`reference: ${params.lr_type}`, () => {
    const rate = rateOf(params);
    for (const { epoch, iteration, num_samples, lr } of points) {
      const value = rate.at(epoch * num_samples + iteration, num_samples);
      assertClose(value, lr, { rtol: 1e-12, atol: 0 });
    }
  });
}

test.run();

import { OptionError, Rng } from '@saccade/tensor';
import { assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Compressor } from '../src/compress/compressor.js';
import type { Message } from '../src/compress/message.js';
import { parseCompressor } from '../src/compress/parse-compressor.js';

const x = Float32Array.from({ length: 1000 }, (_, i) => Math.sin(i) / 3);
const compress = (compressor: Compressor): Message => compressor.compress(x, new Rng(1), { step: 2, stream: 3 });

/** Names, the kind of message and what else it must have. */
const names: readonly [string, Partial<Record<string, unknown>>][] = [
  ['none', { kind: 'dense', valueType: undefined }],
  ['none@bfloat16', { kind: 'dense', valueType: 'bfloat16' }],
  ['top-k:10', { kind: 'sparse', count: 10 }],
  ['top-k:1%', { kind: 'sparse', count: 10 }],
  ['top-k:0.7%@float16', { kind: 'sparse', count: 7, valueType: 'float16' }],
  ['top-k:10/keep-zeros@float32', { kind: 'sparse', valueType: 'float32' }],
  ['block:64', { kind: 'sparse', count: 16 }],
  ['block:100/3@float16', { kind: 'sparse', count: 30 }],
  ['sampled:1%', { kind: 'sparse', count: 10 }],
  ['sampled:5/sample=0.5', { kind: 'sparse', count: 5 }],
  ['threshold:0.3333', { kind: 'sparse' }],
  ['rand-k:10', { kind: 'sparse', count: 10 }],
  ['rand-k:3%/unbiased', { kind: 'sparse', count: 30 }],
  ['shared-rand-k:10', { kind: 'seeded', count: 10, seed: 0, step: 2, stream: 3 }],
  ['shared-rand-k:1%/seed=7/unbiased@float16', { kind: 'seeded', seed: 7, valueType: 'float16' }],
  ['ultra:0.2', { kind: 'sparse' }],
  ['qsgd:16', { kind: 'levels', s: 16, bucket: 1000 }],
  ['qsgd:16/512', { kind: 'levels', s: 16, bucket: 512 }],
  ['sign', { kind: 'signs' }],
  ['majority', { kind: 'signs', positive: 1 }],
  ['one-bit', { kind: 'signs' }],
  ['ternary', { kind: 'levels', s: 1 }],
  ['ternary/clip=Infinity', { kind: 'levels', s: 1 }],
  ['natural', { kind: 'powers' }],
];

for (const [name, expected] of names) {
  test(`${name} is understood, and the compressor's name`, () => {
    const compressor = parseCompressor(name);
    assert.is(compressor.name, name);
    const message = compress(compressor);
    const found: Record<string, unknown> = {
      ...message,
      count: 'values' in message ? message.values.length : undefined,
    };
    for (const key in expected) assert.is(found[key], expected[key], key);
    assert.equal(compress(parseCompressor(compressor.name)), message);
  });
}

test('other ways to write a name give the same compressor', () => {
  assert.is(parseCompressor('top-k:1.50%').name, 'top-k:1.5%');
  assert.is(parseCompressor('rand-k:1e2').name, 'rand-k:100');
  assert.is(parseCompressor('shared-rand-k:4/unbiased/seed=0').name, 'shared-rand-k:4/unbiased');
});

const refused: readonly [unknown, RegExp][] = [
  ['', /expected one of none, top-k:1%, .*natural, got ""/],
  ['topk:5', /expected one of/],
  ['toString', /expected one of/],
  ['top-k', /top-k needs a number, as in top-k:1%, got "top-k"/],
  ['top-k:', /needs a number/],
  ['top-k:x', /needs a number/],
  ['top-k:-1', /needs a number/],
  ['top-k:0', /k must be a whole number from 1, got 0/],
  ['top-k:1.5', /k must be a whole number/],
  ['top-k:0.01', /write a share of the entries as 1%, or one entry now and then as ultra:0.01/],
  ['top-k:0%', /ratio must be a number above 0/],
  ['top-k:101%', /at most 1/],
  ['top-k:1:2', /at most one ':'/],
  ['top-k:1@float16@float16', /one '@'/],
  ['top-k:1@float8', /values must be one of float32, float16, bfloat16, got "float8"/],
  ['top-k:1@', /values must be one of/],
  ['top-k:1/unbiased', /top-k does not know '\/unbiased'/],
  ['top-k:1/keep-zeros/keep-zeros', /does not know/],
  ['qsgd:16@float16', /qsgd takes no type of values/],
  ['qsgd:16/x', /does not know '\/x'/],
  ['qsgd:Infinity', /s must be a whole number/],
  ['sign:3', /sign takes no number/],
  ['natural/512', /does not know/],
  ['ternary/clip=0', /clip must be a number above 0/],
  ['ternary/clip=', /needs a number/],
  ['ultra:2', /p must be a number above 0 and at most 1/],
  [5, /expected a name, got 5/],
];

for (const [name, message] of refused) {
  test(`${JSON.stringify(name)} is refused`, () => {
    assertThrows(() => parseCompressor(name as string), OptionError, message);
  });
}

test.run();

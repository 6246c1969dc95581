import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { resultJson } from '../src/result-json.js';
import { facts, result } from './samples.js';

test('the JSON has what was declared and what was found', () => {
  assert.equal(
    resultJson(result({ measured: 2, baseline: 1, notes: ['n'] }, { unit: 's', bar: { atMost: 3 } }), facts),
    {
      id: 'sample/one',
      paper: null,
      claim: 'One is one.',
      measures: 'one',
      unit: 's',
      baseline: 'none',
      bar: { atMost: 3 },
      full: false,
      needs: null,
      measured: 2,
      baselineMeasured: 1,
      verdict: 'held',
      held: true,
      reason: null,
      notes: ['n'],
      seconds: 1.234,
      device: 'wasm, simd128',
      seed: 1,
    },
  );
});

test('NaN becomes null and is not held', () => {
  const json = JSON.parse(JSON.stringify(resultJson(result({ measured: Number.NaN }), facts)));
  assert.is(json.measured, null);
  assert.is(json.held, false);
});

test.run();

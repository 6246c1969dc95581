import { assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readOptions } from '../src/command/options.js';

test('nothing is asked for by default', () => {
  const { headless, node, pack, quick, large, software, only, torch, json, help } = readOptions([]);
  assert.equal([headless, node, quick, large, software, help], Array(6).fill(false));
  assert.equal([pack, only, torch, json], Array(4).fill(undefined));
});

test('options are read', () => {
  const options = readOptions(['--headless', '--only', 'matrix|softmax', '--torch', 'python3', '--json', 'out.json']);
  assert.is(options.headless, true);
  assert.is(options.only, 'matrix|softmax');
  assert.is(options.torch, 'python3');
  assert.is(options.json, 'out.json');
});

test('unknown options and bad patterns are refused', () => {
  assertThrows(() => readOptions(['--headles']), TypeError, /--headles/);
  assertThrows(() => readOptions(['--only', '(']), SyntaxError, /regular expression/);
});

test.run();

import { join, resolve } from 'node:path';
import { UsageError } from '@saccade/command';
import { assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseOptions } from '../src/options.js';

const here = import.meta.dirname;

test('without arguments everything quick runs, with seed 1, into report/ of the repository', () => {
  const options = parseOptions([], {});
  assert.is(options.only, '');
  assert.is(options.seed, 1);
  assert.is(options.full || options.json || options.list || options.help, false);
  assert.is(options.threads, undefined);
  assert.is(options.data, undefined);
  assert.is(options.out, resolve(here, '../../../report'));
  assert.is(options.experiments, resolve(here, '../..'));
});

test('all options are read', () => {
  const args = [
    '--full',
    '--only',
    'a/*',
    '--seed',
    '7',
    '--threads=2',
    '--data',
    here,
    '--out',
    'x',
    '--json',
    '--list',
  ];
  const { full, only, seed, threads, data, out, json, list } = parseOptions(args, {});
  assert.equal(
    { full, only, seed, threads, data, json, list },
    {
      full: true,
      only: 'a/*',
      seed: 7,
      threads: 2,
      data: here,
      json: true,
      list: true,
    },
  );
  assert.is(out, resolve('x'));
});

test('paths are relative to where npm was called', () => {
  assert.is(parseOptions(['--out', 'x'], { INIT_CWD: here }).out, join(here, 'x'));
});

test('SACCADE_DATA is the data folder unless --data names another', () => {
  const parent = resolve(here, '..');
  assert.is(parseOptions([], { SACCADE_DATA: parent }).data, parent);
  assert.is(parseOptions(['--data', here], { SACCADE_DATA: parent }).data, here);
});

test('bad options are refused with what is wrong', () => {
  const refused = (args: string[], message: RegExp): Error =>
    assertThrows(() => parseOptions(args, {}), UsageError, message);
  refused(['--nonsense'], /--nonsense/);
  refused(['word'], /word/);
  refused(['--seed', '1.5'], /--seed must be a whole number from 0, got 1\.5/);
  refused(['--seed=-1'], /--seed must be a whole number from 0, got -1/);
  refused(['--threads', '0'], /--threads must be a whole number from 1, got 0/);
  refused(['--data', 'no/such'], /--data: there is no folder .*no.such/);
});

test.run();

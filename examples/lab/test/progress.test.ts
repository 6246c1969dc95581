import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { showProgress } from '../src/progress.js';
import { experiment, result } from './samples.js';

function written(isTTY: boolean, columns = 80): string {
  let text = '';
  const write = (part: string): void => {
    text += part;
  };
  const watcher = showProgress({ isTTY, columns, write });
  watcher.started(experiment(), 1, 2);
  watcher.log('a line');
  watcher.ended(result({ measured: 1 }));
  return text;
}

test('where nobody looks, an experiment is one plain line at its end', () => {
  assert.is(written(false), 'sample/one: a line\n1/2 sample/one: held, 1, 1.23 s\n');
});

test('on a terminal one line is written over, cut to the width, and gone at the end', () => {
  const text = written(true, 30);
  const lines = text.split('\r\x1b[K');
  assert.is(lines[1], '[------------------------] 1/');
  assert.is(lines[2], 'sample/one: a line\n');
  assert.is(lines.at(-1), '');
});

test.run();

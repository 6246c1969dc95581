/** Tables and their cells. */
import { counted, milliseconds, percent, table } from '@saccade/command';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

test('a table has its first column at the left and numbers at the right', () => {
  const rows = [
    ['bcd', '1'],
    ['e', '22'],
  ] as const;
  assert.is(table(['a', 'long'], rows), 'a    long\nbcd     1\ne      22\n');
  assert.is(table(['a', ''], [['b', '']]), 'a\nb\n');
});

test('cells are written so that they can be read', () => {
  assert.equal([percent(0.9738), percent(0.01234, 2)], ['97.4 %', '1.23 %']);
  assert.equal([milliseconds(1.2345), milliseconds(undefined)], ['1.23 ms', '-']);
  assert.equal([counted(1, 'worker'), counted(2, 'worker'), counted(0, 'row')], ['1 worker', '2 workers', '0 rows']);
});

test.run();

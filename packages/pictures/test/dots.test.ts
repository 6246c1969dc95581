/** Drawing with characters: lines on dots, and braille. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { brailleBit, brailleText, traceLine } from '../src/dots.js';

test('a line visits every dot between its ends, once', () => {
  const visited: string[] = [];
  traceLine(
    [
      [0, 1],
      [1, 0],
      [1, 1],
    ],
    3,
    3,
    (column, row) => visited.push(`${column},${row}`),
  );
  assert.equal(visited, ['0,0', '1,1', '2,2', '2,1', '2,0']);
  const one: string[] = [];
  traceLine([[0.5, 0.5]], 5, 5, (column, row) => one.push(`${column},${row}`));
  assert.equal(one, ['2,2']);
});

test('braille characters hold the dots of two columns and four rows', () => {
  assert.is(brailleText(0), ' ');
  assert.is(brailleText(brailleBit(0, 0)), '⠁');
  assert.is(brailleText(brailleBit(3, 7)), '⢀');
  let all = 0;
  for (let row = 0; row < 4; row++) for (let column = 0; column < 2; column++) all |= brailleBit(column, row);
  assert.is(all, 0xff);
});

test.run();

/** Charts for terminals: lines of text, letters, what is refused. */
import { OptionError } from '@saccade/tensor';
import { assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { lossText } from '../src/pictures/loss-text.js';

const falling = [1, 10, 100, 1000].map((bits, i) => ({ bits, loss: 4 - i }));
const flat = [1, 1000].map((bits) => ({ bits, loss: 1 }));
const series = [
  { name: 'SGD', points: falling },
  { name: 'bound', dashed: true, points: flat },
];
const start = '\u001b';

test('letters, names of values, axis and legend, exactly', () => {
  assert.is(
    lossText({ series, title: 'a run', width: 30, height: 9 }),
    [
      'a run',
      'loss',
      '  4 ┤**',
      '    │  **',
      '    │    ***',
      '    │       ***',
      '    │          ****',
      '  2 ┤              ****',
      '    │                  **',
      '    │                    ***',
      '    │.........................',
      '    └┬───────┬───────┬───────┬',
      '     1      10      100    1 k',
      '             bits sent',
      '*** SGD  ... bound',
      '',
    ].join('\n'),
  );
});

test('lines are never longer than asked, nor more', () => {
  const many = Array.from({ length: 12 }, (_, i) => ({ name: `number ${i} ${'x'.repeat(10 * i)}`, points: falling }));
  for (const width of [30, 57, 80, 200]) {
    for (const height of [4, 16]) {
      for (const color of [false, true]) {
        const text = lossText({ series: many, title: 'y'.repeat(300), y: 'z'.repeat(300), width, height, color });
        const lines = text.replaceAll(new RegExp(`${start}\\[\\d+m`, 'g'), '').split('\n');
        assert.is(lines.pop(), '');
        for (const line of lines) assert.ok([...line].length <= width, `${line.length} of ${width}`);
        assert.is(lines.filter((line) => /[│┤]/.test(line)).length, height);
      }
    }
  }
});

test('in colours lines are finer, and a bound is dashed', () => {
  const text = lossText({ series, color: true, width: 40, height: 6 });
  assert.ok(text.includes(`${start}[94m⠒⠒⠒${start}[0m SGD`));
  assert.ok(text.includes(`${start}[90m⠒⠂⠒${start}[0m bound`));
  const dots = (part: object): number =>
    [...lossText({ series: [{ name: 'a', points: flat, ...part }], color: true })]
      .filter((letter) => letter >= '\u2800' && letter <= '\u28ff' && letter !== '⠒' && letter !== '⠂')
      .map((letter) => letter.charCodeAt(0).toString(2).replaceAll('0', '').length)
      .reduce((a, b) => a + b, 0);
  assert.ok(dots({ dashed: true }) < dots({}));
});

test('without points it says so', () => {
  assert.match(lossText({ series: [{ name: 'a', points: [] }] }), /│ +no point to draw\n/);
});

test('sizes that do not fit are refused', () => {
  for (const [change, message] of [
    [{ width: 29 }, /lossText: width must be a whole number from 30, got 29/],
    [{ height: 3 }, /height must be a whole number from 4/],
    [{ characters: 'block' }, /no option 'characters'/],
  ] as const) {
    assertThrows(() => lossText({ series, ...change } as never), OptionError, message);
  }
});

test.run();

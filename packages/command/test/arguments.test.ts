/** Reading arguments: what is taken, and what is refused under which name. */
import {
  imageSize,
  oneOf,
  readArguments,
  realNumber,
  someOf,
  UsageError,
  wholeNumber,
  wholeNumbers,
} from '@saccade/command';
import { assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

const options = { out: { type: 'string' }, json: { type: 'boolean', short: 'j', default: false } } as const;
const kinds = ['mean', 'max'] as const;

test('options and words are told apart', () => {
  const { values, positionals } = readArguments(['a', '--out=x', '-j', 'b'], options, 2);
  assert.equal({ ...values }, { out: 'x', json: true });
  assert.equal(positionals, ['a', 'b']);
  assert.equal({ ...readArguments([], options).values }, { json: false });
});

test('what is not known is refused', () => {
  for (const [args, message] of [
    [['--nonsense'], /--nonsense/],
    [['--out'], /--out/],
    [['--json=yes'], /--json/],
    [['a', 'b'], /unexpected argument 'b'/],
  ] as const) {
    assertThrows(() => readArguments(args, options, 1), UsageError, message);
  }
  assertThrows(() => readArguments(['a'], options), UsageError, /unexpected argument 'a'/);
});

test('numbers, lists, names and sizes are read, and undefined stays what it is', () => {
  assert.is(wholeNumber('n', '12'), 12);
  assert.is(wholeNumber('n', '0', 0), 0);
  assert.is(realNumber('n', '0'), 0);
  assert.is(realNumber('n', '-1.5e3', { least: -Infinity }), -1500);
  assert.equal(wholeNumbers('n', '8,16'), [8, 16]);
  assert.is(oneOf('n', 'max', kinds), 'max');
  assert.equal(someOf('n', 'max,mean', kinds), ['max', 'mean']);
  assert.equal(imageSize('n', '480x640'), [480, 640]);
  assert.is(wholeNumber('n', undefined) ?? realNumber('n', undefined) ?? wholeNumbers('n', undefined), undefined);
  assert.is(oneOf('n', undefined, kinds) ?? someOf('n', undefined, kinds) ?? imageSize('n', undefined), undefined);
});

test('a value that does not fit is refused by the name of its option', () => {
  const refused = (read: (text: string) => unknown, texts: readonly string[], message: string): void => {
    for (const text of texts) assertThrows(() => read(text), UsageError, new RegExp(`^--n must be ${message}`));
  };
  const whole = ['0', '-1', '1.5', 'two', '', ' ', '1e400', '9007199254740993', 'Infinity', '0x'];
  refused((text) => wholeNumber('n', text), whole, 'a whole number from 1, got ');
  refused((text) => wholeNumber('n', text, 0), ['-1'], 'a whole number from 0, got -1$');
  refused((text) => realNumber('n', text), ['-0.1', 'x', '', 'NaN'], 'a number from 0, got ');
  refused((text) => realNumber('n', text, { above: true }), ['0'], 'a number above 0, got 0$');
  refused((text) => realNumber('n', text, { least: -Infinity }), ['x'], 'a number, got x$');
  refused(
    (text) => wholeNumbers('n', text),
    ['8,,16', '8,0', '1.5', '-8'],
    'whole numbers from 1 such as 8,16,32, got',
  );
  refused((text) => wholeNumbers('n', text, '1000'), ['x'], 'whole numbers from 1 such as 1000, got x');
  refused((text) => oneOf('n', text, kinds), ['min', ''], 'one of mean, max, got ');
  refused((text) => someOf('n', text, kinds), ['mean,min'], 'some of mean, max, got min$');
  refused((text) => imageSize('n', text), ['480', '0x3', '3x', '-3x4', '48000000x1'], 'height x width such as 480x640');
});

test.run();

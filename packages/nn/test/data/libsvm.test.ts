/** The libsvm format: rows and matrices, faults with their position, the data sets at hand. */
import { existsSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { FormatError, OptionError } from '@saccade/tensor';
import { assertClose, assertRejects, assertThrows } from '@saccade/testing';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type LibsvmOptions, loadLibsvm, readLibsvm } from '../../src/data/libsvm.js';
import { bytesOf, CutBlob, collect, damaged, dataPath, seeded, survives } from './support.js';

const random = seeded(17);

const load = (text: string, options: LibsvmOptions = {}) => loadLibsvm(new File([text], 'a.txt'), options);

test('labels, columns from 0 and values of every row', async () => {
  const text = '-1 1:0.5 3:2 \r\n\n# all of this is a comment\n+1\n2.5 qid:7 2:-1e-2\t7:1 # and this 9:9\n';
  const { labels, rowStart, columns, values, shape } = await load(text);
  assertClose(labels, [-1, 1, 2.5]);
  assert.equal([...rowStart], [0, 2, 2, 4]);
  assert.equal([...columns], [0, 2, 1, 6]);
  assertClose(values, [0.5, 2, -0.01, 1]);
  assert.equal(shape, [3, 7]);
  const rows = await collect(readLibsvm(gzipSync(text)));
  assert.equal(rows, [
    { label: -1, indices: Int32Array.of(0, 2), values: Float32Array.of(0.5, 2) },
    { label: 1, indices: Int32Array.of(), values: Float32Array.of() },
    { label: 2.5, indices: Int32Array.of(1, 6), values: Float32Array.of(-0.01, 1) },
  ]);
});

test('features, zeroBased and limit', async () => {
  assert.equal((await load('1 1:1\n', { features: 9 })).shape, [1, 9]);
  assert.equal([...(await load('1 0:1 4:1\n', { zeroBased: true })).columns], [0, 4]);
  assert.equal((await load('1 1:1\n\n2 1:1\n3 broken', { limit: 2 })).shape, [2, 1]);
  assert.is((await collect(readLibsvm(bytesOf('1 1:1\n2\n3\n'), { limit: 2 }))).length, 2);
  assert.equal((await load('1\n')).shape, [1, 0]);
});

test('bad options are refused', async () => {
  assertThrows(
    () => readLibsvm('a', { features: 0 }),
    OptionError,
    /^readLibsvm: features must be a whole number from 1/,
  );
  assertThrows(() => readLibsvm('a', { features: 2 ** 31 }), OptionError, /features must be below 2\^31/);
  assertThrows(() => readLibsvm('a', { limit: -1 }), OptionError, /limit must be/);
  const wrong = { zeroBased: 1 } as unknown as LibsvmOptions;
  await assertRejects(() => load('1\n', wrong), OptionError, /^loadLibsvm: zeroBased must be true or false, got 1/);
  await assertRejects(() => load('1\n', { signal: AbortSignal.abort(new Error('enough')) }), Error, /enough/);
});

test('faults are told with file, line and column', async () => {
  const refuse = (text: string, problem: RegExp, options: LibsvmOptions = {}) =>
    assertRejects(() => load(text, options), FormatError, problem);
  await refuse('1 1:1\nx 1:1\n', /^loadLibsvm: a\.txt, line 2, column 1: expected a float32 number as label, got "x"$/);
  await refuse('1 1:1 3:2x', /line 1, column 9: expected a float32 number as value, got "2x"/);
  await refuse('1 1:1e99', /expected a float32 number as value, got "1e99"/);
  await refuse('1 1:', /expected a float32 number as value, got ""/);
  for (const pair of ['5', ':1', 'a:1', '-1:1', '1.5:1', '1e1:1', '99999999999:1', '+1:1']) {
    await refuse(`1 ${pair} 7:1`, /line 1, column 3: expected index:value, got "/);
  }
  await refuse('1 0:1', /column 3: expected an index in \[1, 2147483647\], got 0/);
  await refuse('1 4:1', /expected an index in \[1, 3\], got 4/, { features: 3 });
  await refuse('1 3:1', /expected an index in \[0, 2\], got 3/, { features: 3, zeroBased: true });
  await refuse('1 2:1 2:1', /column 7: expected an index above 2, got 2/);
  await refuse('', /^loadLibsvm: a\.txt: expected at least one example, got none/);
});

test('lines of Vowpal Wabbit are refused by name', async () => {
  const refuse = (text: string) =>
    assertRejects(() => load(text), FormatError, /are Vowpal Wabbit's, which are not read/);
  await refuse('1 |f 3:1 5:2\n');
  await refuse('1 2.0 tag|f a b\n');
  await refuse('|f 1:2\n');
});

for (const [name, rows, features, nonzero] of [
  ['a9a', 32_561, 123, 13.9],
  ['w8a', 49_749, 300, 11.7],
  ['mushrooms', 8124, 112, 21],
] as const) {
  test(`${name} has the rows and features that its description says`, async () => {
    const path = dataPath(`libsvm/${name}`);
    if (!existsSync(path)) {
      console.log(`${path} is not there: left out`);
      return;
    }
    const { labels, rowStart, columns, values, shape } = await loadLibsvm(path);
    assert.equal(shape, [rows, features]);
    assert.is(labels.length, rows);
    assert.is(rowStart[rows], columns.length);
    assert.is(values.length, columns.length);
    assertClose(columns.length / rows, nonzero, { atol: 0.05 });
    assert.equal([...new Set(labels)].sort(), name === 'mushrooms' ? [1, 2] : [-1, 1]);
    if (name === 'w8a') assert.is(labels.filter((label) => label === 1).length, 1479);
    assert.is((await collect(readLibsvm(path, { limit: 1000 }))).length, 1000);
  });
}

test('random matrices survive writing and reading, cut anywhere, in both forms', async () => {
  const row = fc.record({
    label: fc.float({ noNaN: true, noDefaultInfinity: true }),
    cells: fc.dictionary(
      fc.integer({ min: 1, max: 40 }).map(String),
      fc.float({ noNaN: true, noDefaultInfinity: true }),
    ),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 8 }), async (rows) => {
      const pairs = rows.map(({ cells }) => Object.entries(cells).sort(([a], [b]) => Number(a) - Number(b)));
      const text = rows.map(({ label }, i) => [label, ...pairs[i]!.map((pair) => pair.join(':'))].join(' ')).join('\n');
      const matrix = await loadLibsvm(new CutBlob(bytesOf(text), random, 9));
      const examples = await collect(readLibsvm(new CutBlob(bytesOf(text), random, 9)));
      const expected = rows.map(({ label }, i) => ({
        label: label + 0,
        indices: Int32Array.from(pairs[i]!, ([index]) => Number(index) - 1),
        values: Float32Array.from(pairs[i]!, ([, value]) => value + 0),
      }));
      const clean = examples.map(({ label, indices, values }) => ({
        label: label + 0,
        indices,
        values: values.map((v) => v + 0),
      }));
      assert.equal(clean, expected);
      assert.equal(
        [...matrix.columns],
        expected.flatMap(({ indices }) => [...indices]),
      );
      assert.equal(
        matrix.values.map((v) => v + 0),
        Float32Array.from(expected.flatMap(({ values }) => [...values])),
      );
    }),
    { seed: 10, numRuns: 200 },
  );
});

test('500 damaged files end in a matrix or a typed error', async () => {
  const whole = bytesOf('-1 1:0.5 3:2\n+1 2:1e3 # text\n2 qid:1 7:1 8:-2\n');
  let refused = 0;
  for (let run = 0; run < 500; run++) {
    const source = damaged(random, whole);
    if (!(await survives(() => loadLibsvm(source), source))) refused++;
    await survives(() => collect(readLibsvm(source, { zeroBased: true })), source);
  }
  assert.ok(refused > 100, `only ${refused} refused`);
});

test('stopping early closes the file', async () => {
  const blob = new CutBlob(bytesOf('1 1:1\n'.repeat(300)), random);
  for await (const _ of readLibsvm(blob)) break;
  assert.ok(blob.cancelled);
});

test('indices in any order are sorted, and values of equal ones added up, where that is wanted', async () => {
  const bytes = new TextEncoder().encode('1 5:1 2:2 5:3\n-1 1:1 3:1\n1\n1 4:-1 4:1 1:7\n');
  const { rowStart, columns, values, shape } = await loadLibsvm(bytes, { anyOrder: true });
  assert.equal(Array.from(rowStart), [0, 2, 4, 4, 6]);
  assert.equal(Array.from(columns), [1, 4, 0, 2, 0, 3]);
  assert.equal(Array.from(values), [2, 4, 1, 1, 7, 0]);
  assert.equal(shape, [4, 5]);
  await assertRejects(() => loadLibsvm(bytes), FormatError, /line 1, column 7: expected an index above 5, got 2/);
  await assertRejects(() => loadLibsvm(bytes, { anyOrder: 1 as never }), OptionError, /anyOrder must be true or false/);
});

test.run();

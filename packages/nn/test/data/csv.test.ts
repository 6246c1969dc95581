/** CSV row by row: the grammar of RFC 4180, headers, columns, positions in errors. */
import { FormatError, OptionError } from '@saccade/tensor';
import { assertRejects, assertThrows } from '@saccade/testing';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readCsv } from '../../src/data/csv.js';
import { assertModest, bytesOf, CutBlob, collect, damaged, seeded, survives } from './support.js';

const random = seeded(15);

const file = (text: string): File => new File([text], 'iris.csv');

const rows = (text: string, options: Parameters<typeof readCsv>[1] = {}): Promise<string[][]> =>
  collect(readCsv(file(text), options));

test('cells come as they stand, quotes undone', async () => {
  assert.equal(await rows('a,b\r\n"c ""d"", e", f \n'), [
    ['a', 'b'],
    ['c "d", e', ' f '],
  ]);
  assert.equal(await rows('a,"x\r\ny\nz",\n,,""'), [
    ['a', 'x\r\ny\nz', ''],
    ['', '', ''],
  ]);
  assert.equal(await rows('a,b,'), [['a', 'b', '']]);
  assert.equal(await rows('a\tb,c\n', { delimiter: '\t' }), [['a', 'b,c']]);
  assert.equal(await rows('\ufeffa,b'), [['a', 'b']]);
  assert.equal(await rows(''), []);
});

test('empty lines and comments are skipped, a quoted empty cell is a row', async () => {
  assert.equal(await rows('# one\n\na\r\n\r\n""\n#two', { comment: '#' }), [['a'], ['']]);
  assert.equal(await rows('a\n"#b\n#c"\n', { comment: '#' }), [['a'], ['#b\n#c']]);
});

test('a header makes objects, columns pick cells by name or position', async () => {
  const text = 'x,__proto__,z\n1,2,3\n4,5,6\n';
  const objects = await collect(readCsv(file(text), { header: true }));
  assert.is(objects.length, 2);
  assert.equal(Object.entries(objects[1]!), [
    ['x', '4'],
    ['__proto__', '5'],
    ['z', '6'],
  ]);
  assert.equal(await rows(text, { header: true, columns: ['z', 0] }), [
    ['3', '1'],
    ['6', '4'],
  ]);
  assert.equal(await rows('1,2\n', { columns: [1] }), [['2']]);
});

test('bad options are refused', async () => {
  const bad = (options: object) => () => readCsv('a.csv', options as { header: false });
  assertThrows(bad({ delimiter: ';;' }), OptionError, /^readCsv: delimiter must be one character, .* got ";;"/);
  assertThrows(bad({ delimiter: '"' }), OptionError, /delimiter must be/);
  assertThrows(bad({ comment: '' }), OptionError, /^readCsv: comment must be/);
  assertThrows(bad({ header: 1 }), OptionError, /^readCsv: header must be true or false, got 1/);
  assertThrows(bad({ columns: 'a' }), OptionError, /^readCsv: columns must be an array/);
  assertThrows(bad({ separator: ';' }), OptionError, /^readCsv: no option 'separator'; there are header/);
  await assertRejects(() => rows('a,b\n', { columns: [2] }), OptionError, /no column 2; there are positions 0 to 1/);
  const unknown = { header: true, columns: ['c'] } as const;
  await assertRejects(
    () => rows('a,b\n1,2', unknown),
    OptionError,
    /^readCsv: iris\.csv: no column "c"; there are "a", "b"/,
  );
  const signal = AbortSignal.abort(new Error('enough'));
  await assertRejects(() => rows('a,b\n', { signal }), Error, /enough/);
});

test('faults are told with file, line and column', async () => {
  const ragged = 'a,b,c,d,e\n'.repeat(6);
  await assertRejects(
    () => rows(`${ragged}1,2,3,4\n`),
    FormatError,
    /^readCsv: iris\.csv, line 7: expected 5 columns, got 4$/,
  );
  await assertRejects(() => rows('a,"b\n\nc"\n1,2,3'), FormatError, /line 4: expected 2 columns, got 3/);
  await assertRejects(() => rows('a,b\nc,d"e\n'), FormatError, /line 2, column 2: a quote stands inside a cell/);
  await assertRejects(
    () => rows('a,"b\nc" d\n'),
    FormatError,
    /line 2, column 2: expected ',' or the end of the line after/,
  );
  await assertRejects(
    () => rows('a\n\n"b\nc\n'),
    FormatError,
    /line 3, column 1: expected a closing quote, got the end/,
  );
  await assertRejects(
    () => rows('a,a\n1,2\n', { header: true, columns: [0] }),
    FormatError,
    /column 2: .* got "a" again/,
  );
  await assertRejects(
    () => rows('', { header: true, columns: [0] }),
    FormatError,
    /expected a header row, got an empty file/,
  );
});

test('endless cells and rows are given up', async () => {
  await assertModest(600, async () => {
    const open = new Blob(['"', ...Array.from({ length: 70 }, () => `${'a'.repeat(1_000_000)}\n`)]);
    await assertRejects(
      () => collect(readCsv(open)),
      FormatError,
      /line 1, column 1: expected rows of at most 67108864/,
    );
    const wide = new Blob(Array.from({ length: 11 }, () => ','.repeat(100_000)));
    await assertRejects(
      () => collect(readCsv(wide)),
      FormatError,
      /line 1, column 1048577: expected at most 1048576 columns/,
    );
  });
});

test('any table survives writing and reading, cut anywhere', async () => {
  const cell = fc.array(fc.constantFrom('a', 'é', '🜁', ',', ';', '"', '\n', '\r\n', '\r', ' ', '#'), { maxLength: 6 });
  const table = fc
    .integer({ min: 1, max: 4 })
    .chain((width) => fc.array(fc.array(cell, { minLength: width, maxLength: width }), { maxLength: 6 }));
  const dialects = fc.record({
    delimiter: fc.constantFrom(',', ';'),
    end: fc.constantFrom('\n', '\r\n'),
    open: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(table, dialects, async (parts, { delimiter, end, open }) => {
      const cells = parts.map((row) => row.map((letters) => letters.join('')));
      const write = (text: string, only: boolean): string =>
        /[,;"\r\n]/.test(text) || (only && text === '') ? `"${text.replaceAll('"', '""')}"` : text;
      const lines = cells.map((row) => row.map((text) => write(text, row.length === 1)).join(delimiter));
      const text = lines.join(end) + (open ? '' : end);
      const source = new CutBlob(bytesOf(text), random, 5);
      assert.equal(await collect(readCsv(source, { delimiter })), cells);
    }),
    { seed: 8, numRuns: 300 },
  );
});

test('400 damaged files end in rows or a typed error', async () => {
  const whole = bytesOf('name,"a ""b""",c\r\n1,"2\n3",ß\n4,5,"6"\n');
  let refused = 0;
  for (let run = 0; run < 400; run++) {
    const source = damaged(random, whole);
    if (!(await survives(() => collect(readCsv(new CutBlob(source, random), { header: true })), source))) refused++;
  }
  assert.ok(refused > 50, `only ${refused} refused`);
});

test('stopping early closes the file', async () => {
  const blob = new CutBlob(bytesOf('a,b\n'.repeat(500)), random);
  for await (const _ of readCsv(blob)) break;
  assert.ok(blob.cancelled);
});

test.run();

/** CSV files as tensors: features, labels, classes, positions in errors, leaks. */
import { type FileSource, FormatError, memory, OptionError, scope } from '@saccade/tensor';
import { assertClose, assertRejects } from '@saccade/testing';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type LoadCsvOptions, loadCsv } from '../../src/data/load-csv.js';
import { bytesOf, CutBlob, damaged, seeded, survives } from './support.js';

const random = seeded(16);
const iris = 'length, width,kind\n5.1, 3.5 ,setosa\n-7,.25e1,virginica\n6.5,0,setosa\n';

const file = (text: string): File => new File([text], 'iris.csv');

interface Values {
  readonly features: number[];
  readonly shape: readonly number[];
  readonly labels: number[] | undefined;
  readonly classes: string[] | undefined;
  readonly columns: string[];
}

/** What the tensors hold, which are freed. */
function load(source: FileSource, options: LoadCsvOptions = {}): Promise<Values> {
  return scope(async () => {
    const { features, labels, classes, columns } = await loadCsv(source, options);
    if (labels !== undefined) assert.is(labels.dtype, 'int32');
    const numbers = labels === undefined ? undefined : [...(await labels.data<'int32'>())];
    return { features: [...(await features.data())], shape: features.shape, labels: numbers, classes, columns };
  });
}

test('numbers become features, words of the label column become classes in sorted order', async () => {
  const { features, shape, labels, classes, columns } = await load(file(iris), { label: 'kind' });
  assertClose(features, [5.1, 3.5, -7, 2.5, 6.5, 0]);
  assert.equal([...shape], [3, 2]);
  assert.equal(labels, [0, 1, 0]);
  assert.equal(classes, ['setosa', 'virginica']);
  assert.equal(columns, ['length', ' width']);
});

test('labels that are whole numbers stay as they are', async () => {
  const { labels, classes, features } = await load(file('10,1\n-2,2\n'), { header: false, label: 0 });
  assert.equal(labels, [10, -2]);
  assert.is(classes, undefined);
  assertClose(features, [1, 2]);
});

test('columns are picked and ordered; without a label there are none', async () => {
  const { features, labels, columns } = await load(file(iris), { columns: [' width', 0] });
  assertClose(features, [3.5, 5.1, 2.5, -7, 0, 6.5]);
  assert.is(labels, undefined);
  assert.equal(columns, [' width', 'length']);
  assert.equal((await load(file('1;2\n'), { header: false, delimiter: ';' })).columns, ['0', '1']);
});

test('bad options are refused', async () => {
  const header = /^loadCsv: iris\.csv: the first row holds only numbers; pass header: false if it is data/;
  await assertRejects(() => load(file('1,2\n3,4\n')), OptionError, header);
  assert.equal((await load(file('1,2\n3,4\n'), { header: true })).columns, ['1', '2']);
  await assertRejects(() => load(file(iris), { label: 'sort' }), OptionError, /no column "sort"; there are "length"/);
  await assertRejects(() => load(file(iris), { label: 3 }), OptionError, /no column 3/);
  await assertRejects(() => load(file(iris), { columns: [] }), OptionError, /columns must be an array/);
  await assertRejects(() => load(file('a\nx\n'), { label: 'a' }), FormatError, /expected a column beside the label/);
});

test('cells that are no numbers are told with file, line and column', async () => {
  const message = /^loadCsv: iris\.csv, line 2, column 3 \("kind"\): expected a float32 number, got "setosa"$/;
  await assertRejects(() => load(file(iris)), FormatError, message);
  for (const cell of ['', '0x1', 'NaN', 'Infinity', '1e39', '1 2']) {
    const problem = /^loadCsv, line 3, column 2: expected a float32 number, got "/;
    await assertRejects(() => load(bytesOf(`1,2\n\n1,${cell}\n`), { header: false }), FormatError, problem);
  }
  const labels = '1,2\n1,2\n1,2.5\n';
  const whole = /^loadCsv, line 3, column 2: expected labels that are whole numbers of 32 bits or words, got "2\.5"/;
  await assertRejects(() => load(bytesOf(labels), { header: false, label: 1 }), FormatError, whole);
  await assertRejects(() => load(file('a,b\n1,2,3\n')), FormatError, /line 2: expected 2 columns, got 3/);
  await assertRejects(() => load(file('a,b\n')), FormatError, /expected rows of numbers, got none/);
  await assertRejects(() => load(file(''), { header: false }), FormatError, /expected rows of numbers, got none/);
});

test('random matrices survive writing and reading, cut anywhere', async () => {
  const table = fc.integer({ min: 1, max: 5 }).chain((width) =>
    fc.array(fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: width, maxLength: width }), {
      minLength: 1,
      maxLength: 8,
    }),
  );
  await fc.assert(
    fc.asyncProperty(table, async (matrix) => {
      const text = matrix.map((row) => row.join(',')).join('\n');
      const { features, shape } = await load(new CutBlob(bytesOf(text), random, 5), { header: false });
      assert.equal([...shape], [matrix.length, matrix[0]!.length]);
      assert.equal(
        features,
        matrix.flat().map((value) => value + 0),
      );
    }),
    { seed: 9, numRuns: 200 },
  );
});

test('many rows, more than the first arrays hold', async () => {
  const text = Array.from({ length: 5000 }, (_, i) => `${i},${i % 7}`).join('\n');
  const { features, labels } = await load(bytesOf(text), { header: false, label: 1 });
  assert.is(features.length, 5000);
  assert.is(features[4999], 4999);
  assert.is(labels![4999], 4999 % 7);
});

test('300 damaged files end in tensors or a typed error, and leave none behind', async () => {
  const before = memory();
  for (let run = 0; run < 300; run++) {
    const source = damaged(random, bytesOf(iris));
    await survives(() => load(source, { label: 2 }), source);
  }
  assert.equal(memory().tensors, before.tensors);
});

test('the tensors are the caller’s', async () => {
  const before = memory().tensors;
  const { features, labels } = await loadCsv(file(iris), { label: 'kind' });
  assert.is(memory().tensors, before + 2);
  features.dispose();
  labels?.dispose();
});

test('cells that are not there stand for a number, or are errors that say how', async () => {
  const csv = new TextEncoder().encode('a,b\n1,\nNA,2\nnan,3\n');
  const { features } = await loadCsv(csv, { missing: -1 });
  assert.equal([...(await features.data())], [1, -1, -1, 2, -1, 3]);
  features.dispose();
  await assertRejects(
    () => loadCsv(csv),
    FormatError,
    /line 2, column 2 \("b"\): expected a float32 number, got ""; pass missing/,
  );
  await assertRejects(() => loadCsv(csv, { missing: 'x' as never }), OptionError, /missing must be a number, got "x"/);
  const semicolons = new TextEncoder().encode('a;b\n1;2\n');
  await assertRejects(() => loadCsv(semicolons, { label: 'b' }), OptionError, /is the delimiter another one\?/);
});

test.run();

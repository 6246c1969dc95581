/** What experiments generate is what they say, and the same for the same seed. */
import { init, Rng } from '@saccade/tensor';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { classes, drawPoints, inputs } from '../src/clouds.js';
import { denseRows } from '../src/dense-rows.js';
import { webPages, words } from '../src/web-pages.js';

await init({ device: 'wasm' });

test('web pages: about twelve words each, some none, 3 % positive, and rare words rare', async () => {
  const pages = 4000;
  const { labels, rowStart, columns, values, shape } = await webPages(1, pages);
  assert.equal(shape, [pages, words]);
  assert.is(rowStart.length, pages + 1);
  assert.is(columns.length, rowStart[pages]);
  assert.ok(values.every((value) => value === 1));
  const mean = columns.length / pages;
  assert.ok(mean > 9 && mean < 14, `${mean} words a page`);
  const positive = labels.filter((label) => label === 1).length / pages;
  assert.ok(positive > 0.02 && positive < 0.04, `${positive} positive`);
  assert.ok(labels.every((label) => label === 1 || label === -1));
  const lengths = Array.from(labels, (_, page) => rowStart[page + 1]! - rowStart[page]!);
  assert.ok(lengths.includes(0));
  const often = new Int32Array(words);
  for (const word of columns) often[word]!++;
  const [first, last] = [often.subarray(0, 30), often.subarray(270)].map((part) => part.reduce((a, b) => a + b, 0));
  assert.ok(first! > 5 * last!);
});

test('columns of web pages ascend within a page', async () => {
  const { rowStart, columns } = await webPages(2, 500);
  for (let page = 0; page < 500; page++) {
    const own = columns.subarray(rowStart[page], rowStart[page + 1]);
    assert.ok(own.every((word, i) => i === 0 || word > own[i - 1]!));
  }
});

test('dense rows have length 1, entries that become smaller, and labels that a plane gives but for noise', async () => {
  const [rows, features] = [500, 64];
  const { values, labels, shape } = await denseRows(3, rows, features);
  assert.equal(shape, [rows, features]);
  const entries = values as Float32Array;
  const square = (from: number, to: number, row: number): number =>
    entries.subarray(row * features + from, row * features + to).reduce((sum, value) => sum + value * value, 0);
  let [front, back] = [0, 0];
  for (let row = 0; row < rows; row++) {
    assert.ok(Math.abs(square(0, features, row) - 1) < 1e-5);
    front += square(0, 8, row);
    back += square(features - 8, features, row);
  }
  assert.ok(front > 5 * back);
  const positive = Array.from(labels as Float32Array).filter((label) => label === 1).length;
  assert.ok(positive > 0.2 * rows && positive < 0.8 * rows);
});

test('points of clouds have all labels', async () => {
  const { points, labels } = await drawPoints(1, new Rng(4), 300);
  assert.equal(points.shape, [300, inputs]);
  assert.is(new Set(await labels.data()).size, classes);
});

test('the same seed gives the same, another seed something else', async () => {
  assert.equal(await webPages(5, 200), await webPages(5, 200));
  assert.not.equal((await webPages(5, 200)).columns, (await webPages(6, 200)).columns);
  assert.equal(await denseRows(5, 20, 10), await denseRows(5, 20, 10));
  assert.not.equal((await denseRows(5, 20, 10)).values, (await denseRows(6, 20, 10)).values);
  const values = async (seed: number, stream: number): Promise<Float32Array> =>
    (await (await drawPoints(seed, new Rng(stream), 5)).points.data()) as Float32Array;
  assert.equal(await values(1, 2), await values(1, 2));
  assert.not.equal(await values(1, 2), await values(1, 3));
  assert.not.equal(await values(1, 2), await values(2, 2));
});

test.run();

/** The packed @saccade/nn in Node: training that stops and goes on, files, images, from ES modules and from CommonJS. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { userProject } from '../src/project.js';
import { assertFlat, assertIndependent, assertResumed, nodeReport } from '../src/training.js';

/** Red, green and blue of fixtures/pictures/dark/1.png, 2 x 3. */
const pixels = [0, 0, 5, 10, 0, 5, 20, 0, 5, 0, 20, 5, 10, 20, 5, 20, 20, 5];

test('an ES module trains, stops in the middle and goes on to the same weights, without a tensor left', async () => {
  const { whole, stopped, resumed } = await nodeReport();
  assertFlat(whole);
  assertResumed(whole, stopped, resumed);
});

test('runs and evaluations at once in an ES module give what each gives alone', async () => {
  assertIndependent((await nodeReport()).overlapped);
});

test('an ES module reads an image, a folder of images and a compressed IDX file', async () => {
  const { image, folder, digits } = (await nodeReport()).readers;
  assert.equal(image, { width: 3, height: 2, channels: 3, data: pixels });
  assert.equal(folder, { classes: ['dark', 'light'], files: ['dark/1.png', 'light/1.png', 'light/2.png'] });
  assert.equal(digits, { dtype: 'uint8', shape: [3, 2], data: [1, 2, 3, 4, 5, 6] });
});

// Where `require` may give an ES module it does; the flag stands for hosts where it gives the CommonJS files.
for (const [files, flags] of [
  ['ES module', []],
  ['CommonJS', ['--no-experimental-require-module']],
] as const) {
  test(`a CommonJS module with the ${files} files trains, goes on, saves, loads, and decodes a PNG`, async () => {
    const { node } = await userProject();
    const report = JSON.parse(await node(...flags, 'nn-commonjs.cjs'));
    assert.is(report.isModule, files === 'ES module');
    assert.is(report.stopped, true);
    assert.equal(report.resumed, [0, 1, 1, 0]);
    assert.equal(report.loaded, report.resumed);
    assert.equal([report.missing, report.unexpected], [[], []]);
    const colours = report.pixels.filter((_: number, i: number) => i % 4 !== 3);
    assert.equal(colours, pixels);
    assert.is(report.leaked, 0);
  });
}

test.run();

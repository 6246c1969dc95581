/** The packed @saccade/nn in headless Chromium: training that a reload cuts off, many things at once, files that were picked. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { browserWanted } from '@saccade/testing/chromium';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bundlers } from '../src/bundlers.js';
import { userProject } from '../src/project.js';
import { assertFlat, assertIndependent, assertResumed, nodeReport, type Trained } from '../src/training.js';
import { type Page, visit } from '../src/visit.js';

const test = suite('nn in a browser');

const browserTest = browserWanted ? test : test.skip;

/** Calls a function of fixtures/training/main.js. */
function call<R>(page: Page, name: string, argument?: Buffer): Promise<R> {
  const text = argument === undefined ? '' : `[${argument.join()}]`;
  return page.evaluate(`globalThis.page.${name}(${text})`) as Promise<R>;
}

/** Trains as a whole; then again, stopped in the middle, the page loaded anew. All as in Node. */
async function trainAcrossReload(page: Page): Promise<void> {
  const whole = await call<Trained>(page, 'whole');
  assertFlat(whole);
  const stopped = await call<Trained>(page, 'stopped');
  await page.reload();
  await call(page, 'info');
  assertResumed(whole, stopped, await call<Trained>(page, 'resumed'));
  const { whole: inNode } = await nodeReport();
  assert.equal(whole.weights, inNode.weights);
  assert.equal(whole.result, inNode.result);
}

async function runManyAtOnce(page: Page): Promise<void> {
  assertIndependent(await call(page, 'overlap'));
}

/** A folder that was picked, and two Blobs; decoded by the browser, as fast-png does in Node. */
async function readFiles(page: Page, folder: string): Promise<void> {
  const { readers } = await nodeReport();
  await page.setInputFiles('input', join(folder, 'pictures'));
  const pictures = await call<PictureReport>(page, 'readPictures');
  assert.equal({ classes: pictures.classes, files: pictures.files }, readers.folder);
  assert.equal(
    pictures.batches.map(({ shape, labels }) => [shape, labels]),
    [
      [
        [2, 2, 3, 3],
        [0, 1],
      ],
      [[1, 2, 3, 3], [1]],
    ],
  );
  const image = await call<{ data: number[] }>(page, 'decode', readFileSync(join(folder, 'pictures/dark/1.png')));
  assert.equal(image, readers.image);
  assert.equal(
    pictures.batches[0]?.images.slice(0, image.data.length),
    image.data.map((value) => Math.fround(value / 255)),
  );
  assert.is(pictures.leaked, 0);
  assert.equal(await call(page, 'readDigits', readFileSync(join(folder, 'digits.idx.gz'))), readers.digits);
}

interface PictureReport {
  classes: string[];
  files: string[];
  batches: { shape: number[]; images: number[]; labels: number[] }[];
  leaked: number;
}

for (const [name, bundle] of Object.entries(bundlers)) {
  browserTest(`a page bundled by ${name} trains across a reload as Node does, and reads what is picked`, async () => {
    const { folder } = await userProject();
    const site = await bundle(join(folder, 'training'));
    for (const isolated of [false, true]) {
      await visit(site, { isolated }, async (page) => {
        const { threads } = await call<{ threads: number }>(page, 'info');
        assert.is(threads, isolated ? 2 : 1);
        await trainAcrossReload(page);
        await runManyAtOnce(page);
        await readFiles(page, folder);
      });
    }
  });
}

test.run();

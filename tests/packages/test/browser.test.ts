/** The packed packages in headless Chromium, bundled by Vite and by esbuild with default settings. */
import { join } from 'node:path';
import { browserWanted } from '@saccade/testing/chromium';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bundlers } from '../src/bundlers.js';
import { userProject } from '../src/project.js';
import { type Page, visit } from '../src/visit.js';

interface PageResult {
  product: number[];
  sum: number;
  info: { name: string; arithmetic: string; threads: number };
  isolated: boolean;
}

const test = suite('browser');

const browserTest = browserWanted ? test : test.skip;

/** Sum of all elements of rows x rows in fixtures/page/main.js: 300 columns of sum 600 meet 300 rows of sum 600. */
const expectedSum = 300 * 600 * 600;

async function resultOf(page: Page): Promise<PageResult> {
  await page.waitForFunction('globalThis.result', undefined, { timeout: 60_000 });
  return (await page.evaluate('globalThis.result')) as PageResult;
}

for (const [name, bundle] of Object.entries(bundlers)) {
  browserTest(`a page bundled by ${name} multiplies matrices, with and without cross-origin isolation`, async () => {
    const { folder } = await userProject();
    const site = await bundle(join(folder, 'page'));
    for (const isolated of [false, true]) {
      const result = await visit(site, { isolated }, resultOf);
      const { info } = result;
      const where = `${name}, ${isolated ? 'isolated' : 'not isolated'}`;
      console.log(`    ${where}: [${result.product}] on ${info.name} (${info.arithmetic}), ${info.threads} threads`);
      assert.equal(result.product, [19, 22, 43, 50]);
      assert.is(result.sum, expectedSum);
      assert.is(result.isolated, isolated);
      assert.is(info.name, 'wasm');
      assert.is(info.threads, isolated ? 2 : 1);
    }
  });
}

if (!browserWanted) console.log('    browser tests left out: SACCADE_NO_BROWSER=1');
test.run();

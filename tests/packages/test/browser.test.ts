/** The packed packages in headless Chromium, bundled by Vite and by esbuild with default settings. */
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { browserWanted, launchChromium } from '@saccade/testing/chromium';
import * as esbuild from 'esbuild';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as vite from 'vite';
import { userProject } from '../src/project.js';
import { serve } from '../src/serve.js';

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

const bundlers: Record<string, (folder: string) => Promise<string>> = {
  async vite(folder) {
    await vite.build({ root: join(folder, 'page'), configFile: false, logLevel: 'warn' });
    return join(folder, 'page/dist');
  },
  async esbuild(folder) {
    const outdir = join(folder, 'esbuild');
    const entryPoints = [join(folder, 'page/main.js')];
    const { warnings } = await esbuild.build({ entryPoints, bundle: true, outdir, logLevel: 'warning' });
    assert.equal(warnings, []);
    copyFileSync(join(folder, 'page/index.html'), join(outdir, 'index.html'));
    return outdir;
  },
};

for (const [name, bundle] of Object.entries(bundlers)) {
  browserTest(`a page bundled by ${name} multiplies matrices, with and without cross-origin isolation`, async () => {
    const { folder } = await userProject();
    const site = await bundle(folder);
    for (const isolated of [false, true]) {
      const result = await open(site, isolated);
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

/** Opens the site's page and waits for its result; anything on the page's console but info is a failure. */
async function open(site: string, isolated: boolean): Promise<PageResult> {
  const server = await serve(site, { isolated });
  const browser = await launchChromium();
  try {
    const page = await browser.newPage();
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type()) && !message.location().url.endsWith('favicon.ico')) {
        complaints.push(message.text());
      }
    });
    await page.goto(server.url);
    await page.waitForFunction('globalThis.result', undefined, { timeout: 20_000 }).catch((error) => {
      throw new Error(`the page set no result: ${complaints.join('; ') || error}`);
    });
    const result = (await page.evaluate('globalThis.result')) as PageResult;
    assert.equal(complaints, []);
    return result;
  } finally {
    await browser.close();
    server.close();
  }
}

if (!browserWanted) console.log('    browser tests left out: SACCADE_NO_BROWSER=1');
test.run();

/** The GPU process of Chromium dies in the middle of training: a typed error, and another start. */
import { browserWanted } from '@saccade/testing/chromium';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { withPage } from '../src/open.js';

const test = suite('device loss');
const browserTest = browserWanted ? test : test.skip;

interface Host {
  steps: number;
  failure?: { name: string; message: string };
  train(device: string): Promise<void>;
  again(device: string): Promise<unknown>;
}

for (const device of ['webgpu', 'webgl2']) {
  browserTest(`${device}: killing the GPU process ends training in a DeviceError, and init works again`, async () => {
    await withPage('training.ts', async (page, browser) => {
      await page.evaluate((name) => void (globalThis as unknown as Host).train(name), device);
      await page.waitForFunction(() => (globalThis as unknown as Host).steps >= 20, undefined, { timeout: 60_000 });
      const session = await browser.newBrowserCDPSession();
      // The process is gone before it can answer.
      void session.send('Browser.crashGpuProcess').catch(() => {});
      await page.waitForFunction(() => (globalThis as unknown as Host).failure, undefined, { timeout: 60_000 });
      const failure = await page.evaluate(() => (globalThis as unknown as Host).failure);
      assert.is(failure?.name, 'DeviceError');
      assert.match(failure?.message ?? '', new RegExp(`^${device}: the GPU was lost: .+; call init again`));
      const result = await page.evaluate((name) => (globalThis as unknown as Host).again(name), device);
      assert.equal(result, { name: device, values: [2, 5, 10] });
    });
  });
}

test.run();

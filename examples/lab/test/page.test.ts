import { browserWanted, launchChromium } from '@saccade/testing/chromium';
import { newFolder } from '@saccade/testing/new-folder';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { command, fixture } from './command.js';

const check = browserWanted ? test : test.skip;

check('in a browser the page fits phones and wide screens, loads nothing and runs nothing', async () => {
  const out = newFolder();
  await command(['--experiments', fixture('gallery'), '--out', out]);
  const browser = await launchChromium();
  try {
    for (const width of [360, 400, 700, 1400]) {
      const page = await browser.newPage({ viewport: { width, height: 800 } });
      const requests: string[] = [];
      page.on('request', (request) => {
        if (!/^(file|data):/.test(request.url())) requests.push(request.url());
      });
      await page.goto(`file://${out}/index.html`);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.is(wide, width);
      assert.equal(requests, []);
      assert.is(await page.title(), 'Saccade: 3 of 7 claims held');
      assert.is(await page.locator('.chart:visible').count(), 5);
      await page.close();
    }
  } finally {
    await browser.close();
  }
});

test.run();

/** The packed @saccade/rank-collapse: in Node from ES modules and CommonJS, in pages, and its command. */
import { join } from 'node:path';
import { browserWanted } from '@saccade/testing/chromium';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { minifiers } from '../src/bundlers.js';
import { userProject } from '../src/project.js';
import { visit } from '../src/visit.js';

/** What fixtures/rank-collapse/analyse.js finds, everywhere. */
const expected = {
  falls: true,
  holds: true,
  lengths: 4,
  sampled: 10,
  level: 'ok',
  picture: true,
  paths: '23298085122481',
  leaked: 0,
};

for (const file of [
  ['rank-collapse-esm.mjs'],
  ['rank-collapse-commonjs.cjs'],
  ['--no-experimental-require-module', 'rank-collapse-commonjs.cjs'],
]) {
  test(`${file.join(' ')} analyses a transformer`, async () => {
    const { node } = await userProject();
    assert.equal(JSON.parse(await node(...file)), expected);
  });
}

test('the command tells its version and what it can do', async () => {
  const { node } = await userProject();
  const command = 'node_modules/@saccade/rank-collapse/dist/cli.js';
  assert.match(await node(command, '--version'), /^\d+\.\d+\.\d+/);
  assert.match(await node(command, '--help'), 'rank-collapse curve');
});

if (!browserWanted) console.log('    browser tests left out: SACCADE_NO_BROWSER=1');
for (const [name, bundle] of browserWanted ? Object.entries(minifiers) : []) {
  test(`a page bundled by ${name} does the same, with and without cross-origin isolation`, async () => {
    const { folder } = await userProject();
    const site = await bundle(join(folder, 'rank-collapse'));
    for (const isolated of [false, true]) {
      const result = await visit(site, { isolated }, async (page) => {
        await page.waitForFunction('globalThis.result', undefined, { timeout: 60_000 });
        return await page.evaluate('globalThis.result');
      });
      assert.equal(result, expected);
    }
  });
}

test.run();

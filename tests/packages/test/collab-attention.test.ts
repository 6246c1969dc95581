/** The packed @saccade/collab-attention: in Node from ES modules and CommonJS, in pages, and its command. */
import { join } from 'node:path';
import { browserWanted } from '@saccade/testing/chromium';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { minifiers } from '../src/bundlers.js';
import { userProject } from '../src/project.js';
import { visit } from '../src/visit.js';

/** What fixtures/collab-attention/compress.js finds, everywhere. */
const expected = {
  exact: true,
  error: 0,
  smaller: true,
  kept: [6, 10],
  names: [
    'mixing',
    'query.weight',
    'key.weight',
    'content_bias.weight',
    'value.weight',
    'value.bias',
    'dense.weight',
    'dense.bias',
  ],
  leaked: 0,
};

for (const file of [
  ['collab-attention-esm.mjs'],
  ['collab-attention-commonjs.cjs'],
  ['--no-experimental-require-module', 'collab-attention-commonjs.cjs'],
]) {
  test(`${file.join(' ')} compresses a layer`, async () => {
    const { node } = await userProject();
    assert.equal(JSON.parse(await node(...file)), expected);
  });
}

test('the command tells its version and what it can do', async () => {
  const { node } = await userProject();
  const command = 'node_modules/@saccade/collab-attention/dist/cli.js';
  assert.match(await node(command, '--version'), /^\d+\.\d+\.\d+/);
  assert.match(await node(command, '--help'), 'collab-attention compress');
});

if (!browserWanted) console.log('    browser tests left out: SACCADE_NO_BROWSER=1');
for (const [name, bundle] of browserWanted ? Object.entries(minifiers) : []) {
  test(`a page bundled by ${name} does the same, with and without cross-origin isolation`, async () => {
    const { folder } = await userProject();
    const site = await bundle(join(folder, 'collab-attention'));
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

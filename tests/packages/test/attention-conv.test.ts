/** The packed @saccade/attention-conv: in Node from ES modules and CommonJS, in pages, and its command. */
import { join } from 'node:path';
import { browserWanted } from '@saccade/testing/chromium';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { minifiers } from '../src/bundlers.js';
import { userProject } from '../src/project.js';
import { visit } from '../src/visit.js';

/** What fixtures/attention-conv/convert.js finds, everywhere. */
const expected = {
  exact: true,
  oneHot: true,
  kernel: [-1, 1, -2, 2, -1, 1],
  first: [-1, -1],
  names: ['value.weight', 'attention_centers', 'attention_spreads'],
  leaked: 0,
};

for (const file of [
  ['attention-conv-esm.mjs'],
  ['attention-conv-commonjs.cjs'],
  ['--no-experimental-require-module', 'attention-conv-commonjs.cjs'],
]) {
  test(`${file.join(' ')} converts a convolution, and back`, async () => {
    const { node } = await userProject();
    assert.equal(JSON.parse(await node(...file)), expected);
  });
}

test('the command tells its version and what it can do', async () => {
  const { node } = await userProject();
  const command = 'node_modules/@saccade/attention-conv/dist/cli.js';
  assert.match(await node(command, '--version'), /^\d+\.\d+\.\d+/);
  assert.match(await node(command, '--help'), 'attention-conv convert');
});

if (!browserWanted) console.log('    browser tests left out: SACCADE_NO_BROWSER=1');
for (const [name, bundle] of browserWanted ? Object.entries(minifiers) : []) {
  test(`a page bundled by ${name} does the same, with and without cross-origin isolation`, async () => {
    const { folder } = await userProject();
    const site = await bundle(join(folder, 'attention-conv'));
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

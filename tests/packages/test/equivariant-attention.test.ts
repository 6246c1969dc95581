/** The packed @saccade/equivariant-attention: in Node from ES modules and CommonJS, in pages, and its command. */
import { join } from 'node:path';
import { browserWanted } from '@saccade/testing/chromium';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { minifiers } from '../src/bundlers.js';
import { userProject } from '../src/project.js';
import { visit } from '../src/visit.js';

/** What fixtures/equivariant-attention/turn.js finds, everywhere. */
const expected = {
  verdict: 'exact (proved)',
  trained: 'exact (proved)',
  learned: true,
  picture: true,
  leaked: 0,
};

for (const file of [
  ['equivariant-attention-esm.mjs'],
  ['equivariant-attention-commonjs.cjs'],
  ['--no-experimental-require-module', 'equivariant-attention-commonjs.cjs'],
]) {
  test(`${file.join(' ')} trains and certifies a network`, async () => {
    const { node } = await userProject();
    assert.equal(JSON.parse(await node(...file)), expected);
  });
}

test('the command tells its version and what it can do', async () => {
  const { node } = await userProject();
  const command = 'node_modules/@saccade/equivariant-attention/dist/cli.js';
  assert.match(await node(command, '--version'), /^\d+\.\d+\.\d+/);
  assert.match(await node(command, '--help'), 'equivariant-attention certify');
});

if (!browserWanted) console.log('    browser tests left out: SACCADE_NO_BROWSER=1');
for (const [name, bundle] of browserWanted ? Object.entries(minifiers) : []) {
  test(`a page bundled by ${name} does the same, with and without cross-origin isolation`, async () => {
    const { folder } = await userProject();
    const site = await bundle(join(folder, 'equivariant-attention'));
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

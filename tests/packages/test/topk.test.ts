/** The packed @saccade/topk: its own kernels on threads, in Node from ES modules and CommonJS, in pages, and its command. */
import { join } from 'node:path';
import { browserWanted } from '@saccade/testing/chromium';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { minifiers } from '../src/bundlers.js';
import { userProject } from '../src/project.js';
import { visit } from '../src/visit.js';

/** What fixtures/topk/look.js finds, everywhere. */
const expected = {
  mask: ['0.9528', '0.0000', '0.0007', '0.7755', '0.2710'],
  gradient: true,
  loss: true,
  patches: [2, 4, 24, 24, 1],
  chosen: 4,
  leaked: 0,
  fallbacks: [],
};

for (const file of [
  ['topk-esm.mjs'],
  ['topk-commonjs.cjs'],
  ['--no-experimental-require-module', 'topk-commonjs.cjs'],
]) {
  test(`${file.join(' ')} chooses, differentiates, and looks at patches`, async () => {
    const { node } = await userProject();
    assert.equal(JSON.parse(await node(...file)), expected);
  });
}

test('the command tells its version and measures', async () => {
  const { node } = await userProject();
  const command = 'node_modules/@saccade/topk/dist/cli.js';
  assert.match(await node(command, '--version'), /^\d+\.\d+\.\d+/);
  assert.match(await node(command, '--help'), 'topk train');
  const report = JSON.parse(
    await node(command, 'bench', '--n', '50', '--k', '3', '--samples', '20', '--runs', '1', '--json'),
  );
  assert.is(report.n, 50);
});

if (!browserWanted) console.log('    browser tests left out: SACCADE_NO_BROWSER=1');
for (const [name, bundle] of browserWanted ? Object.entries(minifiers) : []) {
  test(`a page bundled by ${name} does the same, with and without cross-origin isolation`, async () => {
    const { folder } = await userProject();
    const site = await bundle(join(folder, 'topk'));
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

/** The README's decision guide is what the package measures. */
import { readFileSync } from 'node:fs';
import { init } from '@saccade/tensor';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { guideRow, sizes } from '../src/guide.js';

test('rows of the guide are as they were measured', async () => {
  await init({ device: 'wasm' });
  const readme = readFileSync(new URL('../../../packages/topk/README.md', import.meta.url), 'utf8');
  for (const [what, n, k] of sizes.slice(0, 3)) {
    const row = await guideRow(what, n, k);
    assert.ok(readme.includes(row), row);
  }
});

test.run();

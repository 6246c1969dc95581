/** The page in headless Chromium on software GPUs, without its peers, which the repository does not install. */
import { browserWanted } from '@saccade/testing/chromium';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { runHeadless } from '../src/command/headless.js';
import { buildSite } from '../src/command/site.js';

const test = suite('page');
const browserTest = browserWanted ? test : test.skip;

browserTest('all devices compute the same and are timed; peers that are not there are left out by name', async () => {
  const site = await buildSite({ peers: false });
  const said: string[] = [];
  const report = await runHeadless(site, {
    quick: true,
    large: false,
    only: 'MATRIX',
    software: true,
    progress: (text) => said.push(text),
  });
  assert.equal(
    report.cases.map(({ name }) => name),
    ['matrix product 128'],
  );
  const [{ times, errors, problems }] = report.cases as [(typeof report.cases)[number]];
  assert.equal(problems, []);
  assert.equal(Object.keys(times).sort(), ['saccade wasm', 'saccade webgl2', 'saccade webgpu']);
  assert.equal(Object.keys(errors).sort(), Object.keys(times).sort());
  assert.equal(
    report.missing.map((reason) => reason.split(':')[0]),
    ['tfjs webgpu', 'tfjs webgl', 'jax-js webgpu'],
  );
  assert.match(report.missing[0] ?? '', /is not installed/);
  assert.equal(
    report.adapters.map(({ api, software }) => [api, software]),
    [
      ['webgpu', true],
      ['webgl2', true],
    ],
  );
  assert.is(report.stopped, false);
  assert.is(said.at(-1), 'done');
});

test.run();

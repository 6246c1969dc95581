/** The packed @saccade/sparse-sgd: in Node from ES modules and CommonJS, with a thread; in pages, with a web worker; and its command. */
import { join } from 'node:path';
import { assertRejects } from '@saccade/testing';
import { browserWanted } from '@saccade/testing/chromium';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { splitters } from '../src/bundlers.js';
import { assertLearned, type Learned } from '../src/learned.js';
import { natsPackages } from '../src/nats-project.js';
import { userProject } from '../src/project.js';
import { visit } from '../src/visit.js';

/** What fixtures/sparse-sgd/use.js finds, everywhere. */
const expected = {
  topK: { indices: [1, 3], values: [-3, 2] },
  longTopK: true,
  frame: [215, 49, 3, 5, 6, 2, 44, 0, 194, 0, 64, 125, 107],
  exchanged: [0, -3, 0, 2, 0, 0],
  memSGD: { loss: '0.3285184672', accuracy: 290 / 300, bits: 57_600, bytes: 11_572 },
  parallelLearns: true,
  leaked: 0,
  fallbacks: [],
};

/** @param threads that parallelMemSGD must have had */
function assertExpected(report: unknown, threads: number): void {
  const { workers, parallelThreads, ...rest } = report as { workers: Learned[]; parallelThreads: number };
  assert.equal(rest, expected);
  assert.is(parallelThreads, threads);
  assertLearned(workers, 60);
}

for (const file of [
  ['sparse-sgd-esm.mjs'],
  ['sparse-sgd-commonjs.cjs'],
  ['--no-experimental-require-module', 'sparse-sgd-commonjs.cjs'],
]) {
  test(`${file.join(' ')} compresses, trains, and works together with a thread`, async () => {
    const { node } = await userProject();
    assertExpected(JSON.parse(await node(...file)), 2);
  });
}

const command = 'node_modules/@saccade/sparse-sgd/dist/cli.js';

test('without the packages of NATS only the entry nats fails, and the command says what to install', async () => {
  const project = await userProject();
  const entry = "('@saccade/sparse-sgd/nats')";
  const nodeArguments = [
    ['-e', `import${entry}`],
    ['-e', `require${entry}`],
    ['--no-experimental-require-module', '-e', `require${entry}`],
  ];
  for (const args of nodeArguments) {
    await assertRejects(() => project.node(...args), Error, /Cannot find (package|module) '@nats-io\//);
  }
  const joining = (): Promise<string> => project.node(command, 'join', 'nats://127.0.0.1:4222', '--job', 'digits');
  const { message } = await assertRejects(joining, Error, /npm install @nats-io\//);
  const named = message.match(/@nats-io\/[\w-]+/g) ?? [];
  assert.equal([...new Set(named)].sort(), [...natsPackages(project).keys()].sort());
});

test('the command tells its version, and what there is', async () => {
  const { node } = await userProject();
  assert.match(await node(command, '--version'), /^\d+\.\d+\.\d+/);
  assert.match(await node(command, '--help'), 'sparse-sgd train');
  assert.match(await node(command, 'train', '--help'), '--digits');
});

if (!browserWanted) console.log('    browser tests left out: SACCADE_NO_BROWSER=1');
for (const [name, bundle] of browserWanted ? Object.entries(splitters) : []) {
  test(`a page bundled by ${name} and its web worker do the same, with and without cross-origin isolation`, async () => {
    const { folder } = await userProject();
    const site = await bundle(join(folder, 'sparse-sgd'));
    for (const isolated of [false, true]) {
      const report = await visit(site, { isolated }, async (page) => {
        await page.waitForFunction('globalThis.result', undefined, { timeout: 60_000 });
        return await page.evaluate('globalThis.result');
      });
      assertExpected(report, isolated ? 2 : 1);
    }
  });
}

test.run();

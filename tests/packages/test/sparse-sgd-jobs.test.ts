/** Jobs of the packed @saccade/sparse-sgd: its command in two terminals, and NATS across ES modules, CommonJS, and tabs of a browser. */
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { browserWanted } from '@saccade/testing/chromium';
import { type NatsServer, natsWanted, startNatsServer } from '@saccade/testing/nats-server';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { minifiers } from '../src/bundlers.js';
import { assertLearned, type Learned } from '../src/learned.js';
import { natsProject } from '../src/nats-project.js';
import { userProject } from '../src/project.js';
import { Terminal } from '../src/terminal.js';
import { type Page, visit } from '../src/visit.js';

const test = suite('jobs of sparse-sgd');

if (!natsWanted) console.log('    tests with NATS left out: SACCADE_NO_NATS=1');
if (!browserWanted) console.log('    browser tests left out: SACCADE_NO_BROWSER=1');
const natsTest = natsWanted ? test : test.skip;
const natsBrowserTest = natsWanted && browserWanted ? test : test.skip;

/** Turns of fixtures/sparse-sgd-nats. */
const turns = 80;

/** What the command tells at the end. */
interface Trained {
  readonly accuracy: number;
  readonly loss: number;
  readonly workers: number;
  readonly turns: number;
  readonly denseBytes: number;
  readonly transportBytes: number;
  readonly dropped: number;
  readonly lost: number;
}

let alone: Promise<Trained> | undefined;

/** One process, nothing compressed. */
function trainedAlone(folder: string): Promise<Trained> {
  alone ??= new Terminal(folder, 'npx --no @saccade/sparse-sgd train --digits --json').result().then(JSON.parse);
  return alone;
}

/** Runs `body` with a way to open terminals, which are closed at the end. */
async function withTerminals<R>(body: (open: (folder: string, command: string) => Terminal) => Promise<R>): Promise<R> {
  const terminals: Terminal[] = [];
  const open = (folder: string, command: string): Terminal => {
    const terminal = new Terminal(folder, command);
    terminals.push(terminal);
    return terminal;
  };
  try {
    return await body(open);
  } finally {
    for (const terminal of terminals) terminal.close();
  }
}

/** Types a command in one terminal and what that says in another, as a person would. */
function trainedInTwoTerminals(folder: string, place: string): Promise<Trained[]> {
  return withTerminals(async (open) => {
    const first = open(folder, `npx --no @saccade/sparse-sgd train --digits --workers 2 ${place} --json`);
    const [, words] = await first.says(/In another terminal type:\n {2}npx (.*)\n/);
    const second = open(folder, `npx --no ${words} --json`);
    const texts = await Promise.all([first.result(), second.result()]);
    return texts.map((text) => JSON.parse(text) as Trained);
  });
}

function assertAsGoodAs({ accuracy }: Trained, both: readonly Trained[]): void {
  assert.ok(accuracy > 0.96, `alone: accuracy ${accuracy}`);
  for (const one of both) {
    const { workers, turns, dropped, lost, denseBytes, transportBytes } = one;
    assert.equal({ workers, turns, dropped, lost }, { workers: 2, turns: 410, dropped: 0, lost: 0 });
    // All that this worker sent, with what keeps the workers together.
    assert.ok(transportBytes <= 0.02 * denseBytes, `sent ${transportBytes} of ${denseBytes} bytes`);
    assert.ok(one.accuracy >= accuracy - 0.015, `accuracy ${one.accuracy}, alone ${accuracy}`);
    // Of the same images, by the same parameters.
    assert.is(one.loss, both[0]!.loss);
  }
}

async function withNats<R>(body: (server: NatsServer) => Promise<R>): Promise<R> {
  const server = await startNatsServer();
  try {
    return await body(server);
  } finally {
    await server.close();
  }
}

/** The part of a page in the job. */
async function learnedOn(page: Page): Promise<Learned> {
  await page.waitForFunction('globalThis.result', undefined, { timeout: 60_000 });
  return (await page.evaluate('globalThis.result')) as Learned;
}

test('two terminals train the network of one process with 2 % of the bytes, over a hub', async () => {
  const { folder } = await userProject();
  assertAsGoodAs(await trainedAlone(folder), await trainedInTwoTerminals(folder, '--listen 127.0.0.1:0'));
});

natsTest('two terminals train the network of one process with 2 % of the bytes, over NATS', async () => {
  const { folder } = await natsProject();
  const both = await withNats(({ url }) => trainedInTwoTerminals(folder, `--nats ${url}`));
  assertAsGoodAs(await trainedAlone(folder), both);
});

natsTest('the declarations of the entry nats check, for ES modules and CommonJS', async () => {
  const { folder, node } = await natsProject();
  const files = ['nats.mts', 'nats.cts'];
  const code = ['', '/nats'].map((entry, i) => `export * as p${i} from '@saccade/sparse-sgd${entry}';\n`).join('');
  for (const file of files) writeFileSync(join(folder, 'typed', file), code);
  const compilerOptions = { target: 'es2022', module: 'node16', strict: true, noEmit: true, types: [] };
  writeFileSync(join(folder, 'typed/tsconfig.nats.json'), JSON.stringify({ compilerOptions, files }));
  const typescript = dirname(createRequire(import.meta.url).resolve('typescript/package.json'));
  await node(join(typescript, 'bin/tsc'), '-p', 'typed/tsconfig.nats.json');
});

natsTest('ES modules and CommonJS work together over NATS', async () => {
  const { folder } = await natsProject();
  await withNats(({ url }) =>
    withTerminals(async (open) => {
      const files = ['-esm.mjs', '-commonjs.cjs', '-commonjs.cjs'];
      const flags = ['', '', '--no-experimental-require-module'];
      const workers = files.map((file, i) => open(folder, `node ${flags[i]} sparse-sgd-nats${file} ${url}`).result());
      assertLearned(
        (await Promise.all(workers)).map((text) => JSON.parse(text) as Learned),
        turns,
      );
    }),
  );
});

for (const [name, bundle] of Object.entries(minifiers)) {
  natsBrowserTest(`two tabs of a page bundled by ${name} work together with Node over NATS`, async () => {
    const { folder } = await natsProject();
    const site = await bundle(join(folder, 'sparse-sgd-nats'));
    await withNats(({ url, websocketUrl }) =>
      withTerminals(async (open) => {
        const inNode = open(folder, `node sparse-sgd-nats-esm.mjs ${url}`);
        const onPages = await visit(site, { isolated: false, search: `?server=${websocketUrl}` }, async (page) => {
          const other = await page.context().newPage();
          await other.goto(page.url());
          return await Promise.all([learnedOn(page), learnedOn(other)]);
        });
        assertLearned([JSON.parse(await inNode.result()), ...onPages], turns);
      }),
    );
  });
}

test.run();

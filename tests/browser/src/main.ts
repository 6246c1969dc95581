/** Runs the test files of the packages in headless Chromium. `npm run test:browser [-- part of a suite's name [part of a file's path]]` */
import { fileURLToPath } from 'node:url';
import { browserWanted, gpuFlags, launchChromium } from '@saccade/testing/chromium';
import { serve } from '@saccade/testing/serve';
import { bundleTests } from './bundle.js';
import { type Suite, suites } from './suites.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));

interface Result {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

async function run(suite: Suite): Promise<Result> {
  const script = await bundleTests(root, suite.files);
  const page = `<!doctype html><meta charset="utf-8"><title>${suite.name}</title><script type="module" src="/tests.js"></script>`;
  const server = await serve(root, { isolated: suite.isolated, files: { '/': page, '/tests.js': script } });
  const browser = await launchChromium(gpuFlags);
  try {
    const tab = await browser.newPage();
    tab.on('console', (message) => {
      // uvu's dots come one a line here.
      if (!/^\S*[•✘(] |^\S* {2}\(/.test(message.text())) console.log(message.text());
    });
    const crash = new Promise<never>((_, reject) => {
      tab.on('crash', () => reject(new Error('the page crashed')));
      tab.on('pageerror', (error) => reject(error));
    });
    await tab.goto(`${server.url}?device=${suite.device}`);
    const handle = await Promise.race([
      tab.waitForFunction(() => (globalThis as { result?: unknown }).result, undefined, { timeout: 600_000 }),
      crash,
    ]);
    return (await handle.jsonValue()) as Result;
  } finally {
    await browser.close();
    server.close();
  }
}

const [wantedSuite = '', wantedFile = ''] = process.argv.slice(2);
if (!browserWanted) {
  console.log('SACCADE_NO_BROWSER is set: no browser tests');
} else {
  for (const suite of suites(root)) {
    const files = suite.files.filter((file) => file.includes(wantedFile));
    if (!suite.name.includes(wantedSuite) || files.length === 0) continue;
    console.log(`\n--- Chromium, ${suite.name}`);
    try {
      const { passed, failed, skipped } = await run({ ...suite, files });
      console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
      if (failed > 0) process.exitCode = 1;
    } catch (error) {
      console.log(`  FAIL  ${error instanceof Error ? error.stack : error}\n0 passed, 1 failed`);
      process.exitCode = 1;
    }
  }
}

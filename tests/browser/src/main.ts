/** Runs the test files of the packages in headless browsers. `npm run test:browser [-- part of a suite's name [part of a file's path]]` */
import { browserWanted } from '@saccade/testing/chromium';
import { root, run } from './run.js';
import { suites } from './suites.js';

const [wantedSuite = '', wantedFile = ''] = process.argv.slice(2);

async function runAll(): Promise<void> {
  for (const suite of suites(root)) {
    const files = suite.files.filter((file) => file.includes(wantedFile));
    if (!suite.name.includes(wantedSuite) || files.length === 0) continue;
    console.log(`\n--- ${suite.name}`);
    try {
      const counts = await run({ ...suite, files });
      if (!counts) {
        console.log(`left out: there is no ${suite.browser} for it here, and none that could be installed`);
        continue;
      }
      const { passed, failed, skipped } = counts;
      console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
      if (failed > 0) process.exitCode = 1;
    } catch (error) {
      console.log(`  FAIL  ${error instanceof Error ? error.stack : error}\n0 passed, 1 failed`);
      process.exitCode = 1;
    }
  }
}

if (browserWanted) await runAll();
else console.log('SACCADE_NO_BROWSER is set: no browser tests');

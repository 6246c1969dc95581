/** Runs the test files of the packages in headless browsers. `npm run test:browser [-- part of a suite's name [part of a file's path]]` */
import { browserWanted } from '@saccade/testing/chromium';
import { root, run } from './run.js';
import { type Suite, suites } from './suites.js';

const [wantedSuite = '', wantedFile = ''] = process.argv.slice(2);

/** Suites that run at a time: a page uses one processor, and its GPU process another one now and then. */
const AT_A_TIME = 2;

async function runOne(suite: Suite): Promise<void> {
  const tell = (line: string): void => console.log(line.replaceAll(/^(?=.)/gm, `${suite.name}: `));
  try {
    const counts = await run(suite, tell);
    if (!counts) return tell(`left out: there is no ${suite.browser} for it here, and none that could be installed`);
    const { passed, failed, skipped } = counts;
    tell(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
    if (failed > 0) process.exitCode = 1;
  } catch (error) {
    tell(`  FAIL  ${error instanceof Error ? error.stack : error}\n0 passed, 1 failed`);
    process.exitCode = 1;
  }
}

async function runAll(): Promise<void> {
  const waiting = suites(root)
    .map((suite) => ({ ...suite, files: suite.files.filter((file) => file.includes(wantedFile)) }))
    .filter(({ name, files }) => name.includes(wantedSuite) && files.length > 0);
  const work = async (): Promise<void> => {
    for (let suite = waiting.shift(); suite; suite = waiting.shift()) await runOne(suite);
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, work));
}

if (browserWanted) await runAll();
else console.log('SACCADE_NO_BROWSER is set: no browser tests');

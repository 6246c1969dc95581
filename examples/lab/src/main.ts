/** The command: finds the experiments, runs them, prints the table and writes the report. */
import { createRequire } from 'node:module';
import { init, OptionError } from '@saccade/tensor';
import { choose, discover } from './discover.js';
import type { Experiment } from './experiment.js';
import { help, type Options, parseOptions } from './options.js';
import { showProgress } from './progress.js';
import { writeReport } from './report.js';
import { declared, resultJson } from './result-json.js';
import type { RunFacts } from './run-facts.js';
import { runExperiments } from './runner.js';
import { terminalTable, wrap } from './terminal-table.js';
import type { Result } from './verdict.js';

function print(text: string, stream: NodeJS.WriteStream = process.stdout): Promise<void> {
  return new Promise((done) => stream.write(text, () => done()));
}

/** Aborts at the first Ctrl-C; the second ends the process at once. */
function onInterrupt(): AbortController {
  const controller = new AbortController();
  process.on('SIGINT', () => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort(new Error('stopped by Ctrl-C'));
  });
  return controller;
}

function screenWidth(): number {
  return process.stdout.columns ?? 80;
}

function listing(experiments: readonly Experiment[]): string {
  return experiments
    .map(({ id, claim, full, needs }) => {
      const when = [full ? '--full' : '', needs === undefined ? '' : `needs ${needs}`].filter((text) => text !== '');
      const lines = wrap(claim, Math.max(80, screenWidth()) - 2).map((line) => `  ${line}\n`);
      return `${id}${when.length === 0 ? '' : ` (${when.join(', ')})`}\n${lines.join('')}`;
    })
    .join('');
}

function versions(): string {
  const { version } = createRequire(import.meta.url)('@saccade/tensor/package.json') as { version: string };
  return `${version}, Node ${process.versions.node}`;
}

async function chosenExperiments({ experiments, only }: Options): Promise<Experiment[]> {
  const all = await discover(experiments);
  const chosen = choose(all, only);
  if (chosen.length > 0) return chosen;
  if (all.length === 0) throw new OptionError(`no experiments.ts in the folders of ${experiments}`);
  throw new OptionError(`--only ${only} matches none of ${all.map(({ id }) => id).join(', ')}`);
}

/** Runs the experiments; returns their results and what the run was like. */
async function runAll(experiments: readonly Experiment[], options: Options): Promise<[Result[], RunFacts]> {
  const { seed, full, data } = options;
  const { info } = await init({ threads: options.threads });
  const { signal } = onInterrupt();
  const [date, start] = [new Date(), performance.now()];
  const results = await runExperiments(experiments, { seed, full, data, signal }, showProgress(process.stderr));
  const seconds = (performance.now() - start) / 1000;
  const device = `${info.name}, ${info.arithmetic}`;
  const { threads } = info;
  return [results, { device, threads, seed, full, date, seconds, version: versions(), cutShort: signal.aborted }];
}

function exitCode(results: readonly Result[], { cutShort }: RunFacts): number {
  if (cutShort) return 130;
  return results.some(({ verdict }) => verdict === 'not held' || verdict === 'failed') ? 1 : 0;
}

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) {
    await print(help);
    return 0;
  }
  const experiments = await chosenExperiments(options);
  if (options.list) {
    await print(options.json ? `${JSON.stringify(experiments.map(declared), null, 2)}\n` : listing(experiments));
    return 0;
  }
  if (options.data === undefined && experiments.some(({ needs }) => needs !== undefined)) {
    await print('no data folder: pass one with --data DIR or SACCADE_DATA to run what needs data\n', process.stderr);
  }
  const [results, facts] = await runAll(experiments, options);
  const color = process.stdout.isTTY === true && !process.env.NO_COLOR;
  if (options.json)
    await print(
      `${JSON.stringify(
        results.map((result) => resultJson(result, facts)),
        null,
        2,
      )}\n`,
    );
  else await print(`\n${terminalTable(results, { width: screenWidth(), color })}`);
  if (facts.cutShort) await print('cut short by Ctrl-C\n', process.stderr);
  const report = await writeReport(options.out, results, facts);
  await print(`report: ${report}\n`, options.json ? process.stderr : process.stdout);
  return exitCode(results, facts);
}

// Ends the process itself: an experiment may leave something open that would keep it alive.
main().then(process.exit, async (error: unknown) => {
  const expected = error instanceof OptionError;
  await print(
    `${error instanceof Error && expected ? `${error.message}\n--help lists the options` : ((error as Error)?.stack ?? error)}\n`,
    process.stderr,
  );
  process.exit(expected ? 2 : 1);
});

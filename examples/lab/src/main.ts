/** The command: finds the experiments, runs them, prints the table and writes the report. */
import { createRequire } from 'node:module';
import { exitStatus, print, printJson, tell, UsageError } from '@saccade/command';
import { init } from '@saccade/tensor';
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
  if (all.length === 0) throw new UsageError(`no experiments.ts in the folders of ${experiments}`);
  throw new UsageError(`--only ${only} matches none of ${all.map(({ id }) => id).join(', ')}`);
}

/** Runs the experiments; returns their results and what the run was like. */
async function runAll(
  experiments: readonly Experiment[],
  options: Options,
  signal: AbortSignal,
): Promise<[Result[], RunFacts]> {
  const { seed, full, data } = options;
  const { info } = await init({ threads: options.threads });
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

async function demo(signal: AbortSignal): Promise<number> {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) {
    await print(help);
    return 0;
  }
  const experiments = await chosenExperiments(options);
  if (options.list) {
    if (options.json) await printJson(experiments.map(declared));
    else await print(listing(experiments));
    return 0;
  }
  if (options.data === undefined && experiments.some(({ needs }) => needs !== undefined)) {
    await tell('no data folder: pass one with --data DIR or SACCADE_DATA to run what needs data');
  }
  const [results, facts] = await runAll(experiments, options, signal);
  const color = process.stdout.isTTY === true && !process.env.NO_COLOR;
  if (options.json) await printJson(results.map((result) => resultJson(result, facts)));
  else await print(`\n${terminalTable(results, { width: screenWidth(), color })}`);
  if (facts.cutShort) await tell('cut short by Ctrl-C');
  const report = writeReport(options.out, results, facts);
  await print(`report: ${report}\n`, options.json ? process.stderr : process.stdout);
  return exitCode(results, facts);
}

// Ends the process itself: an experiment may leave something open that would keep it alive.
exitStatus('demo', 'npm run demo -- --help', demo).then((code) => process.exit(code));

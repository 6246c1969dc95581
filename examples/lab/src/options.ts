/** The options of the command: what they are, and reading them. */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readArguments, UsageError, wholeNumber } from '@saccade/command';

/** The text of `--help`. */
export const help = `Runs the experiments: each tests a claim of a paper by a number and a bar that it must pass.

  npm run demo -- [options]

  --only PATTERN   those whose id contains PATTERN; * stands for any text
  --full           the long ones too
  --seed N         seed of all random numbers (default 1)
  --threads N      threads of the wasm device (default: as many as there are)
  --data DIR       folder with data sets (default: SACCADE_DATA)
  --out DIR        where index.html goes (default: report/ of the repository)
  --json           results as JSON on standard output, and nothing else there
  --list           the experiments, without running them
  --help           this text

Exit status: 0 if all claims held, 1 if one did not, 2 for a wrong option, 130 after Ctrl-C.
`;

/** What the command was asked to do; all paths are absolute. */
export interface Options {
  readonly only: string;
  readonly full: boolean;
  readonly seed: number;
  readonly threads: number | undefined;
  readonly data: string | undefined;
  readonly out: string;
  readonly json: boolean;
  readonly list: boolean;
  readonly help: boolean;
  /** The folder with a folder per example; another one only in tests. */
  readonly experiments: string;
}

function folder(name: string, path: string): string {
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
    throw new UsageError(`${name}: there is no folder ${path}`);
  }
  return path;
}

const definitions = {
  only: { type: 'string', default: '' },
  full: { type: 'boolean', default: false },
  seed: { type: 'string' },
  threads: { type: 'string' },
  data: { type: 'string' },
  out: { type: 'string' },
  json: { type: 'boolean', default: false },
  list: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
  experiments: { type: 'string' },
} as const;

/**
 * Reads the arguments. Paths are relative to where the person called npm, which changes the folder on its way here.
 * @throws {UsageError} for an unknown option, a bad number or a folder that is not there
 */
export function parseOptions(args: readonly string[], env: NodeJS.ProcessEnv = process.env): Options {
  const { values: given } = readArguments(args, definitions);
  const path = (text: string): string => resolve(env.INIT_CWD ?? '.', text);
  const here = (relative: string): string => resolve(fileURLToPath(new URL(relative, import.meta.url)));
  const fromEnv = env.SACCADE_DATA ? folder('SACCADE_DATA', path(env.SACCADE_DATA)) : undefined;
  return {
    only: given.only,
    full: given.full,
    seed: wholeNumber('seed', given.seed, 0) ?? 1,
    threads: wholeNumber('threads', given.threads),
    data: given.data === undefined ? fromEnv : folder('--data', path(given.data)),
    out: given.out === undefined ? here('../../../report') : path(given.out),
    json: given.json,
    list: given.list,
    help: given.help,
    experiments: given.experiments === undefined ? here('../..') : folder('--experiments', path(given.experiments)),
  };
}

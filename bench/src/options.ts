/** The command line of the benchmark. */
import { parseArgs } from 'node:util';

export interface Options {
  /** Which cases run: those whose "group / name" matches. */
  readonly only: RegExp | undefined;
  /** Where the JSON report goes. */
  readonly json: string | undefined;
  /** Fewer rounds: to see that all works, not to quote. */
  readonly quick: boolean;
  readonly help: boolean;
}

export const usage = `usage: npm run bench -- [options]

Runs every case of saccade and its peers in turns, one thread each, and prints the ratios.

  --only PATTERN  only cases whose "group / name" matches this regular expression, e.g. --only 'matmul (512|1024)'
  --json FILE     also write all figures, the machine and the versions to FILE
  --quick         fewer rounds: shows that everything runs, not for quoting
  --help          this text
`;

/** Reads the arguments after the script's name. @throws {TypeError} for an unknown option */
export function readOptions(argv: string[]): Options {
  const { values } = parseArgs({
    args: argv,
    options: {
      only: { type: 'string' },
      json: { type: 'string' },
      quick: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  return {
    only: values.only === undefined ? undefined : new RegExp(values.only, 'i'),
    json: values.json,
    quick: values.quick,
    help: values.help,
  };
}

/** The command line. */
import { parseArgs } from 'node:util';

export interface Options {
  /** Runs in a browser without a window and prints the table. */
  readonly headless: boolean;
  /** Runs in Node, on the GPU through Dawn, and prints the table. */
  readonly node: boolean;
  /** Folder for a program that does as `--node` on another machine. */
  readonly pack: string | undefined;
  readonly quick: boolean;
  readonly large: boolean;
  readonly only: string | undefined;
  /** Software adapters, to see that all runs where there is no GPU. */
  readonly software: boolean;
  /** The command of a Python whose PyTorch is timed too. */
  readonly torch: string | undefined;
  /** Where the report goes as JSON. */
  readonly json: string | undefined;
  readonly help: boolean;
}

export const usage = `usage: npm run benchmark-page -- [options]

Without options it serves the page and prints its address, until Ctrl-C.

  --headless      run it all in a Chromium without a window: the table on stdout, progress on stderr
  --node          run it all in Node, on the GPU through Dawn: WebGPU only
  --pack FOLDER   write a program that does as --node on another machine of this kind, where nothing can be installed:
                  node FOLDER/run.mjs [options]

  --only PATTERN  only cases whose name matches this regular expression, e.g. --only 'matrix|softmax'
  --large         also matrix product 4096 and the transformer of 6 layers
  --quick         small sizes and few turns: shows that all runs, not for quoting
  --software      with --headless: adapters that the CPU plays, where there is no GPU; figures mean nothing
  --torch PYTHON  also time PyTorch on the same GPU by this Python, e.g. --torch python3
  --json FILE     also write the report to FILE
  --help          this text

SACCADE_CHROMIUM names another Chromium or Chrome. The first run installs the peers, about 95 MB.
`;

/** Reads the arguments after the script's name. @throws {TypeError} for an unknown option @throws {SyntaxError} for a bad pattern */
export function readOptions(argv: string[]): Options {
  const { values } = parseArgs({
    args: argv,
    options: {
      headless: { type: 'boolean', default: false },
      node: { type: 'boolean', default: false },
      pack: { type: 'string' },
      quick: { type: 'boolean', default: false },
      large: { type: 'boolean', default: false },
      only: { type: 'string' },
      software: { type: 'boolean', default: false },
      torch: { type: 'string' },
      json: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  const { only, pack, torch, json, ...rest } = values;
  if (only !== undefined) RegExp(only);
  return { ...rest, only, pack, torch, json };
}

/** `sparse-sgd bench`: what compressors cost and bring for vectors of a person's sizes. */
import {
  milliseconds,
  percent,
  print,
  printJson,
  readArguments,
  table,
  tell,
  wholeNumber,
  wholeNumbers,
} from '@saccade/command';
import { quantity } from '@saccade/pictures';
import { init, Rng } from '@saccade/tensor';
import type { Vector } from '../compress/message.js';
import { parseCompressor } from '../compress/parse-compressor.js';
import { compressorName } from './compressor-name.js';
import { type CompressorTimes, timeCompressor } from './time-compressor.js';

const compressors: readonly string[] = [
  ...['none', 'top-k:0.1%', 'top-k:1%', 'top-k:1%@float16', 'block:64', 'sampled:0.1%', 'rand-k:0.1%'],
  ...['shared-rand-k:0.1%', 'qsgd:16', 'qsgd:16/512', 'sign', 'one-bit', 'ternary', 'natural'],
];

const help = `Times compressors for vectors of normal random numbers, and says what their messages weigh and hold.

  sparse-sgd bench [options]

  --sizes A,B       entries of the vectors (default 100000,1000000)
  --compress NAME   only this one; several times for several. Names: sparse-sgd train --help
  --runs N          of each, at most; slow ones have fewer (default 20)
  --seed N          of the vectors and the compressors (default 0)
  --json            the result as JSON on standard output, and nothing else there
  --help            this text

Columns: milliseconds (the least, the median), bytes of the message and their share of the vector's,
and the contraction: how much of |x|^2 is in the message, measured and as claimed on average.
`;

const definitions = {
  sizes: { type: 'string' },
  compress: { type: 'string', multiple: true },
  runs: { type: 'string' },
  seed: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

function timesTable(times: readonly CompressorTimes[]): string {
  const titles = ['', 'least', 'median', 'bytes', 'share', 'kept', 'claimed'];
  const rows = times.map(({ compress, least, median, bytes, share, kept, claimed }) => [
    compress,
    ...[least, median].map(milliseconds),
    quantity(bytes, 'B'),
    percent(share, 3),
    kept.toPrecision(3),
    claimed === undefined ? '-' : claimed.toPrecision(3),
  ]);
  return table(titles, rows);
}

/** Runs the command. @returns the exit status */
export async function bench(args: readonly string[], signal: AbortSignal): Promise<number> {
  const { values } = readArguments(args, definitions);
  if (values.help) {
    await print(help);
    return 0;
  }
  const sizes = wholeNumbers('sizes', values.sizes, '1000,100000') ?? [100_000, 1_000_000];
  const names = (values.compress ?? compressors).map(compressorName);
  const runs = wholeNumber('runs', values.runs) ?? 20;
  const seed = wholeNumber('seed', values.seed, 0) ?? 0;
  const { info } = await init({ device: 'wasm', threads: 1 });
  const device = `${info.name}, ${info.arithmetic}`;
  const all: CompressorTimes[] = [];
  for (const length of sizes) {
    const drawn = new Rng(seed).normal([length]);
    const vector = (await drawn.data()) as Vector;
    drawn.dispose();
    const times: CompressorTimes[] = [];
    for (const [i, name] of names.entries()) {
      await tell(`${name}, ${length} entries …`);
      times.push(await timeCompressor(parseCompressor(name), vector, new Rng(seed).derive(i), runs, signal));
    }
    if (!values.json) await print(`${length} entries (${device})\n\n${timesTable(times)}\n`);
    all.push(...times);
  }
  if (values.json) await printJson({ device, seed, times: all });
  return 0;
}

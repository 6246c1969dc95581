/** `topk bench`: how long the methods of the operator take for a person's sizes, and how good sampled gradients are there. */
import {
  milliseconds,
  print,
  printJson,
  readArguments,
  realNumber,
  someOf,
  table,
  tell,
  UsageError,
  wholeNumber,
} from '@saccade/command';
import { init, Rng, type Tensor } from '@saccade/tensor';
import { type GradientHealth, gradientHealth } from '../operator/gradient-health.js';
import { methods } from '../operator/top-k-options.js';
import { type BenchOptions, type MethodTimes, timeMethod } from './time-method.js';

const help = `Times each method of topK, forward and with its gradient, and compares sampled gradients with the exact one.

  topk bench [options]

  --n N           elements to choose from (default 900)
  --k N           how many are chosen (default 10)
  --samples N     of the method perturbed (default 500)
  --sigma S       scale of the noise, for scores from 0 to 1 (default 0.05)
  --batch N       rows of scores at once (default 1)
  --methods A,B   only these of ${methods.slice(0, 5).join(', ')},
                  ${methods.slice(5).join(', ')}
  --runs N        of each, at most; slow ones have fewer (default 20)
  --seed N        of the scores and the noise (default 0)
  --threads N     default: as many as there are
  --json          the result as JSON on standard output, and nothing else there
  --help          this text
`;

const definitions = {
  n: { type: 'string' },
  k: { type: 'string' },
  samples: { type: 'string' },
  sigma: { type: 'string' },
  batch: { type: 'string' },
  methods: { type: 'string' },
  runs: { type: 'string' },
  seed: { type: 'string' },
  threads: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

function timesTable(times: readonly MethodTimes[]): string {
  const rows = times.map(({ method, forward, gradient }) => [
    method,
    ...[forward?.least, forward?.median, gradient?.least, gradient?.median].map(milliseconds),
  ]);
  const notes = times.flatMap(({ method, error }) => (error === undefined ? [] : [`${method}: ${error}\n`]));
  return table(['method', 'forward: least', 'median', 'with gradient: least', 'median'], rows) + notes.join('');
}

function healthTable({ samples, draws, estimates }: GradientHealth): string {
  const rows = estimates.map(({ gradient, cosine, relativeError, bias, deviation }) => [
    gradient,
    ...[cosine, relativeError, bias, deviation].map((value) => value.toFixed(3)),
  ]);
  return (
    `\nGradients of perturbed, ${samples} samples, against the exact one (means of ${draws} draws):\n` +
    table(['gradient', 'cosine', 'squared error', 'bias', 'deviation'], rows)
  );
}

/** Runs the command. @returns the exit status */
export async function bench(args: readonly string[], signal: AbortSignal): Promise<number> {
  const { values } = readArguments(args, definitions);
  if (values.help) {
    await print(help);
    return 0;
  }
  const options: BenchOptions = {
    n: wholeNumber('n', values.n) ?? 900,
    k: wholeNumber('k', values.k) ?? 10,
    samples: wholeNumber('samples', values.samples) ?? 500,
    sigma: realNumber('sigma', values.sigma, { above: true }) ?? 0.05,
    batch: wholeNumber('batch', values.batch) ?? 1,
    methods: someOf('methods', values.methods, methods) ?? methods,
    runs: wholeNumber('runs', values.runs) ?? 20,
    seed: wholeNumber('seed', values.seed, 0) ?? 0,
  };
  const { n, k, samples, sigma, batch, seed } = options;
  if (k > n) throw new UsageError(`--k must be at most --n, got ${k} of ${n}`);
  const { info } = await init({ threads: wholeNumber('threads', values.threads) });
  const device = `${info.name}, ${info.arithmetic}, ${info.threads} threads`;
  if (!values.json) await print(`n ${n}, k ${k}, sigma ${sigma}, samples ${samples}, batch ${batch}; ${device}\n\n`);
  const scores = new Rng(seed).uniform([batch, n]) as unknown as Tensor;
  const times: MethodTimes[] = [];
  for (const method of options.methods) {
    await tell(`${method} …`);
    times.push(await timeMethod(method, scores, options, signal));
  }
  if (!values.json) await print(timesTable(times));
  const isSampled = options.methods.includes('perturbed') && k < n;
  const health = isSampled ? await gradientHealth({ n, k, sigma, samples, seed, signal }) : undefined;
  if (values.json) await printJson({ ...options, device, times, gradientHealth: health });
  else if (health !== undefined) await print(healthTable(health));
  return 0;
}

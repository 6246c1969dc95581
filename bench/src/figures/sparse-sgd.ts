/** What sending a sliver of each gradient costs: steps of Mem-SGD, compressors on long vectors, a round of two processes over NATS. */
import { spawn } from 'node:child_process';
import { createWasmDevice, useDevice } from '@saccade/kernels';
import { type LinearData, memSGD, parallelMemSGD, qsgd, topK } from '@saccade/sparse-sgd';
import { Rng, type Tensor } from '@saccade/tensor';
import { natsWanted, startNatsServer } from '@saccade/testing/nats-server';
import { median } from '../harness/alternate.js';
import { type Figure, figure } from '../harness/figure.js';
import { randomValues } from '../harness/random-values.js';
import type { RoundTimes } from './sparse-sgd-worker.js';

const group = 'gradient compression';

/** Rows as sparse as those of w8a: of 300 features about 12, the first ones far more often than the last, rows of length 1. */
function sparseRows(count: number, features: number): LinearData {
  const rng = new Rng(8);
  const columns: number[] = [];
  const rowStart = new Int32Array(count + 1);
  const labels = new Float32Array(count);
  for (let row = 0; row < count; row++) {
    const own = new Set(Array.from({ length: 12 }, () => Math.floor(features * rng.number() ** 2)));
    columns.push(...[...own].sort((a, b) => a - b));
    rowStart[row + 1] = columns.length;
    labels[row] = own.has(row % 7) ? 1 : -1;
  }
  const values = Float32Array.from(columns, () => 1 / Math.sqrt(12));
  return { labels, rowStart, columns: Int32Array.from(columns), values, shape: [count, features] };
}

function denseRows(count: number, features: number): LinearData {
  const values = randomValues(count * features, 31);
  const labels = Array.from({ length: count }, (_, row) =>
    values[row * features]! + values[row * features + 1]! > 0 ? 1 : -1,
  );
  return { labels, values: values.map((value) => value / Math.sqrt(features)), shape: [count, features] };
}

/** Milliseconds of a call, the median of several after some to warm up. */
function time(rounds: number, call: () => unknown): number {
  const times: number[] = [];
  for (let round = -3; round < rounds; round++) {
    const start = performance.now();
    call();
    if (round >= 0) times.push(performance.now() - start);
  }
  return median(times.sort((a, b) => a - b));
}

async function stepFigures(quick: boolean): Promise<Figure[]> {
  const epochs = quick ? 1 : 3;
  const data = sparseRows(49_749, 300);
  const figures: Figure[] = [];
  for (const [compress, bar] of [['top-k:1', 2], ['rand-k:1'], ['none']] as const) {
    await memSGD(data, { compress, evaluations: 1 });
    const { microsecondsPerStep } = await memSGD(data, { compress, epochs, evaluations: 1 });
    figures.push(
      figure(
        group,
        `Mem-SGD, 49,749 sparse rows of 300, ${compress}`,
        microsecondsPerStep,
        'us a step',
        'one thread, bytes counted',
        bar,
      ),
    );
  }
  return figures;
}

/** One worker and two take turns. */
async function lockFreeFigures(quick: boolean): Promise<Figure[]> {
  const data = denseRows(8000, 1000);
  const speed: [number[], number[]] = [[], []];
  const loss: [number, number] = [0, 0];
  for (let round = 0; round < (quick ? 3 : 7); round++) {
    for (const workers of [1, 2] as const) {
      const run = await parallelMemSGD(data, { compress: 'top-k:1', workers, epochs: 5, evaluations: 1 });
      speed[workers - 1]!.push(run.stepsPerSecond);
      loss[workers - 1] = run.loss;
    }
  }
  const [one, two] = speed.map((each) => median(each.sort((a, b) => a - b))) as [number, number];
  const detail = `${Math.round(one / 1000)} and ${Math.round(two / 1000)} thousand steps a second, loss ${loss[0].toFixed(4)} and ${loss[1].toFixed(4)}`;
  return [
    figure(
      group,
      'lock-free, 8000 dense rows of 1000: time of two workers',
      one / two,
      'of that of one',
      detail,
      1 / 1.6,
    ),
  ];
}

function vectorFigures(quick: boolean): Figure[] {
  const figures: Figure[] = [];
  const tell = (name: string, ms: number, detail: string, bar?: number): void => {
    figures.push(figure(group, name, ms, 'ms', detail, bar));
  };
  for (const [n, bar] of [
    [1_000_000, 2],
    [10_000_000, 25],
  ] as const) {
    const rounds = quick ? 5 : 25;
    const tensor = new Rng(3).normal([n]);
    const vector = tensor.dataSync() as Float32Array;
    const millions = `${n / 1e6} M values`;
    tell(
      `top 0.1 % of ${millions}`,
      time(rounds, () => topK(vector, n / 1000)),
      'an array: moved to the device first',
      bar,
    );
    tell(
      `top 0.1 % of ${millions}, a tensor`,
      time(rounds, () => topK(tensor as unknown as Tensor, n / 1000)),
      'where it lies',
      bar,
    );
    if (n === 1_000_000) {
      const rng = new Rng(4);
      tell(
        `QSGD-16 of ${millions}`,
        time(rounds, () => qsgd(vector, 16, rng)),
        'random numbers drawn anew',
        4,
      );
    }
    tensor.dispose();
  }
  return figures;
}

/** Rounds of one worker, a process of its own. */
function worker(address: string, length: number, rounds: number): Promise<RoundTimes> {
  const program = new URL('sparse-sgd-worker.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, ['--import', 'tsx', program, address, String(length), String(rounds)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  return new Promise((resolve, reject) => {
    child.once('close', (code) =>
      code === 0 ? resolve(JSON.parse(text) as RoundTimes) : reject(new Error(`a worker ended with ${code}`)),
    );
  });
}

async function natsFigures(quick: boolean): Promise<Figure[]> {
  if (!natsWanted) return [];
  const server = await startNatsServer();
  try {
    const [length, rounds] = [10_000_000, quick ? 6 : 14];
    const both = await Promise.all([0, 1].map(() => worker(server.url, length, rounds)));
    const times = both.flatMap(({ milliseconds }) => milliseconds.slice(3)).sort((a, b) => a - b);
    const { share } = both[0]!;
    const name = 'two processes over NATS, 10 M parameters, top 0.1 %';
    return [
      figure(group, `${name}: a round`, median(times), 'ms', 'gradient in a tensor to parameters moved by SGD', 150),
      figure(group, `${name}: bytes`, 100 * share, '% of the dense ones', 'sent by one worker', 1),
    ];
  } finally {
    await server.close();
  }
}

/** Bars as the project asks for them. */
export async function sparseSgdFigures(quick: boolean): Promise<Figure[]> {
  const device = createWasmDevice();
  const before = useDevice(device);
  try {
    await device.ready();
    const steps = await stepFigures(quick);
    return [...steps, ...(await lockFreeFigures(quick)), ...vectorFigures(quick), ...(await natsFigures(quick))];
  } finally {
    useDevice(before);
    device.dispose();
  }
}

/** What contributions by path length, the enumeration of paths, and a training step take. */
import { createWasmDevice, useDevice } from '@saccade/kernels';
import { Adam, crossEntropy } from '@saccade/nn';
import {
  enumeratePaths,
  modelOfLayers,
  pathContributions,
  type RankModel,
  SelfAttentionNetwork,
  sortingTask,
} from '@saccade/rank-collapse';
import { dispose, Rng, type Tensor } from '@saccade/tensor';
import { median } from '../harness/alternate.js';
import { type Figure, figure } from '../harness/figure.js';

const group = 'paths through attention with skips';

interface Network {
  readonly model: RankModel;
  readonly tokens: Tensor;
  free(): void;
}

function network(tokens: number, width: number, heads: number, depth: number): Network {
  const rng = new Rng(1);
  const map = (): { weight: Tensor } => ({ weight: rng.normal([width, width], { deviation: 0.02 }) as Tensor });
  const layers = Array.from({ length: depth }, () => ({
    order: 'post' as const,
    attention: { query: map(), key: map(), value: map(), output: map(), heads },
  }));
  const x = rng.normal([tokens, width]) as Tensor;
  return { model: modelOfLayers(layers), tokens: x, free: () => dispose([layers, x]) };
}

/** Median of milliseconds, after as many calls to warm up (a network's operations are compiled one by one as they become hot). */
async function timed(rounds: number, call: () => unknown): Promise<number> {
  const times: number[] = [];
  for (let round = -rounds; round < rounds; round++) {
    const start = performance.now();
    await call();
    if (round >= 0) times.push(performance.now() - start);
  }
  return median(times.sort((a, b) => a - b));
}

async function contributions(threads: number, rounds: number): Promise<number> {
  return await onThreads(threads, async () => {
    const { model, tokens, free } = network(128, 768, 12, 12);
    const time = await timed(rounds, async () => dispose(await pathContributions(model, tokens)));
    free();
    return time;
  });
}

async function enumeration(rounds: number): Promise<number> {
  return await onThreads(1, async () => {
    const { model, tokens, free } = network(8, 48, 2, 6);
    const time = await timed(rounds, () => enumeratePaths(model, tokens, () => undefined));
    free();
    return time;
  });
}

/** One step of the sorting task: 32 texts of 8 letters, 6 layers, 2 heads, 48 channels, dropout as released. */
async function trainingStep(rounds: number): Promise<number> {
  return await onThreads(1, async () => {
    const rng = new Rng(1);
    const task = sortingTask({ rng });
    const model = new SelfAttentionNetwork({ ...task.form, width: 48, depth: 6, heads: 2, rng });
    const adam = new Adam(model, { rate: 5e-4 });
    const batch = { inputs: task.train.inputs.at('0:32'), labels: task.train.labels.at('0:32') };
    const time = await timed(rounds, () =>
      adam.minimize(() => crossEntropy(model.forward(batch.inputs), batch.labels)).dispose(),
    );
    adam.dispose();
    model.dispose();
    dispose([task, batch]);
    return time;
  });
}

async function onThreads<T>(threads: number, body: () => Promise<T>): Promise<T> {
  const device = createWasmDevice({ threads });
  const before = useDevice(device);
  try {
    return await body();
  } finally {
    useDevice(before);
    device.dispose();
  }
}

/** Bars as the project asks for them. */
export async function rankCollapseFigures(quick: boolean): Promise<Figure[]> {
  const [few, many] = quick ? [3, 20] : [9, 200];
  const what = "all 13^12 paths of BERT-base's size, 128 tokens, by length";
  const times = `median of ${few}`;
  return [
    figure(group, `${what}, one thread`, (await contributions(1, few)) / 1000, 's', times, 1.5),
    figure(group, `${what}, two threads`, (await contributions(2, few)) / 1000, 's', times, 0.8),
    figure(
      group,
      'all 729 paths of 6 layers one by one, 8 tokens of 48 channels',
      await enumeration(many),
      'ms',
      `median of ${many}`,
    ),
    figure(
      group,
      'training step of sorting, one thread',
      await trainingStep(many),
      'ms',
      `median of ${many}; 16 to 20 ms in the release`,
      16 / 3,
    ),
  ];
}

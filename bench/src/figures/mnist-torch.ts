/** A training step of a small MNIST network by us and by PyTorch, in turns, one thread each: for the record, no bar. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createWasmDevice, useDevice } from '@saccade/kernels';
import { Adam, BatchNorm, Conv2d, crossEntropy, Flatten, Linear, MaxPool2d, ReLU, Sequential } from '@saccade/nn';
import { dispose, Rng, saveSafetensors, scope, tensor } from '@saccade/tensor';
import { largestError } from '../harness/agree.js';
import { median } from '../harness/alternate.js';
import { type Figure, figure } from '../harness/figure.js';
import { randomValues } from '../harness/random-values.js';
import { findTorch, type Steps, startTorchTraining, type TorchTraining } from '../peers/torch.js';

const batch = 64;
const group = `MNIST network, training step, batch ${batch}, against PyTorch`;
/** Steps whose losses are compared. */
const checked = 3;

/** mnist_torch.py has the same. */
function network(): Sequential {
  const rng = new Rng(50);
  return new Sequential(
    new Conv2d(1, 16, 3, { rng, padding: 'same', bias: false }),
    new BatchNorm(16),
    new ReLU(),
    new MaxPool2d(2),
    new Conv2d(16, 32, 3, { rng, padding: 'same', bias: false }),
    new BatchNorm(32),
    new ReLU(),
    new MaxPool2d(2),
    new Flatten(),
    new Linear(1568, 10, { rng }),
  );
}

interface Training {
  /** Writes start values, images and labels for the other side. */
  save(file: string): Promise<void>;
  steps(count: number): Steps;
  dispose(): void;
}

function ours(): Training {
  const device = createWasmDevice({ threads: 1 });
  const before = useDevice(device);
  const model = network();
  const adam = new Adam(model, { rate: 1e-3 });
  const images = tensor(
    randomValues(batch * 784, 51).map((value) => (value + 1) / 2),
    { shape: [batch, 28, 28, 1] },
  );
  const labels = tensor(Int32Array.from({ length: batch }, (_, i) => (7 * i) % 10));
  const step = (): number => {
    const loss = adam.minimize(() => crossEntropy(model.forward(images), labels));
    const value = loss.item();
    loss.dispose();
    return value;
  };
  return {
    save: (file) =>
      scope(() => saveSafetensors(file, new Map([...model.stateDict(), ['images', images], ['labels', labels]]))),
    steps: (count) => {
      const times: number[] = [];
      const losses: number[] = [];
      for (let i = 0; i < count; i++) {
        const start = performance.now();
        losses.push(step());
        times.push(performance.now() - start);
      }
      return { times, losses };
    },
    dispose: () => {
      adam.dispose();
      model.dispose();
      dispose([images, labels]);
      useDevice(before);
      device.dispose();
    },
  };
}

export async function mnistTorchFigures(quick: boolean): Promise<Figure[]> {
  const python = findTorch();
  if (python === undefined) {
    console.log(`\nleft out: ${group}: no Python here imports torch; Debian's package is python3-torch`);
    return [];
  }
  const folder = mkdtempSync(join(tmpdir(), 'saccade-bench-'));
  const training = ours();
  let torch: TorchTraining | undefined;
  try {
    const file = join(folder, 'start.safetensors');
    await training.save(file);
    torch = await startTorchTraining(python, file);
    return await race(training, torch, quick);
  } finally {
    torch?.close();
    training.dispose();
    rmSync(folder, { recursive: true });
  }
}

interface Racer {
  readonly name: string;
  steps(count: number): Steps | Promise<Steps>;
  /** The losses that must agree. */
  first: Float32Array;
  readonly times: number[];
}

async function race(training: Training, torch: TorchTraining, quick: boolean): Promise<Figure[]> {
  const [warmUp, rounds, steps] = quick ? [10, 3, 5] : [30, 20, 10];
  const racers = [
    { name: 'saccade', steps: training.steps },
    { name: 'torch', steps: (count: number) => torch.steps('contiguous_format', count) },
    { name: 'torch, channels_last', steps: (count: number) => torch.steps('channels_last', count) },
  ].map((racer): Racer => ({ ...racer, first: new Float32Array(), times: [] }));
  for (const racer of racers) racer.first = Float32Array.from((await racer.steps(warmUp)).losses.slice(0, checked));
  const [mine, ...theirs] = racers as [Racer, ...Racer[]];
  for (const { name, first } of theirs) {
    const error = largestError(first, mine.first);
    if (!(error <= 1e-3)) throw new Error(`${name}: the first ${checked} losses are off by ${error.toPrecision(2)}`);
  }
  for (let round = 0; round < rounds; round++) {
    for (const racer of racers) racer.times.push(...(await racer.steps(steps)).times);
  }
  for (const { times } of racers) times.sort((a, b) => a - b);
  const fastest = ({ times }: Racer) => times[0] as number;
  return [
    ...racers.map((racer) => {
      const detail = `median of ${racer.times.length} steps, fastest ${fastest(racer).toFixed(1)} ms`;
      return figure(group, racer.name, median(racer.times), 'ms', detail);
    }),
    ...theirs.map((racer) => {
      const blas = torch.libraries.join(', ') || 'a BLAS of unknown name';
      const detail = `of minima ${(fastest(racer) / fastest(mine)).toFixed(2)}; torch ${torch.version} with oneDNN and ${blas}`;
      return figure(group, `${racer.name} / ours`, median(racer.times) / median(mine.times), '', detail);
    }),
  ];
}

/** What layers of attention over a group, whole networks of them and a training step take, on the paper's sizes. */

import {
  GroupAttentionNet,
  GroupSelfAttention,
  LiftingSelfAttention,
  pcamNet,
  rotMnistNet,
} from '@saccade/equivariant-attention';
import { createWasmDevice, useDevice } from '@saccade/kernels';
import { Adam, crossEntropy, type Module } from '@saccade/nn';
import { dispose, Rng, type Tensor } from '@saccade/tensor';
import { median } from '../harness/alternate.js';
import { type Figure, figure } from '../harness/figure.js';

const group = 'attention over a group';

/** As in the paper: 9 heads of 10 channels, patches of 5x5. */
const paper = { heads: 9, mid: 10, patch: 5 } as const;

/** A layer or network in evaluation, and what goes in. */
interface Work {
  readonly model: Module;
  readonly input: Tensor;
}

const works: Readonly<Record<'lifting' | 'p4' | 'p8' | 'rotMnist' | 'pcam', (rng: Rng) => Work>> = {
  lifting: (rng) => ({
    model: new LiftingSelfAttention(1, 20, { group: 'p4', ...paper, rng }),
    input: rng.normal([1, 28, 28, 1]) as Tensor,
  }),
  p4: (rng) => ({
    model: new GroupSelfAttention(20, 20, { group: 'p4', ...paper, rng }),
    input: rng.normal([1, 4, 12, 12, 20]) as Tensor,
  }),
  p8: (rng) => ({
    model: new GroupSelfAttention(20, 20, { group: 'p8', ...paper, rng }),
    input: rng.normal([1, 8, 12, 12, 20]) as Tensor,
  }),
  rotMnist: (rng) => ({ model: rotMnistNet({ group: 'p4', rng }), input: rng.normal([1, 28, 28, 1]) as Tensor }),
  // Not at the published side of 96, where its last pool warns of what it loses.
  pcam: (rng) => ({ model: pcamNet({ group: 'p4', size: 104, rng }), input: rng.normal([1, 104, 104, 3]) as Tensor }),
};

/** Shortest and median of milliseconds, after as many calls to warm up. */
async function timed(rounds: number, call: () => unknown): Promise<{ shortest: number; middle: number }> {
  const times: number[] = [];
  for (let round = -rounds; round < rounds; round++) {
    const start = performance.now();
    await call();
    if (round >= 0) times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  return { shortest: times[0] as number, middle: median(times) };
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

/** One forward pass on one thread. */
async function pass(name: keyof typeof works, rounds: number) {
  return await onThreads(1, async () => {
    const { model, input } = works[name](new Rng(1));
    model.eval();
    const times = await timed(rounds, () => (model.forward(input) as Tensor).dispose());
    dispose(input);
    model.dispose();
    return times;
  });
}

/** By how much the memory of a fresh device grows in one forward pass, in MiB. */
async function memoryOf(name: keyof typeof works): Promise<number> {
  const device = createWasmDevice({ threads: 1 });
  const before = useDevice(device);
  const { model, input } = works[name](new Rng(1));
  model.eval();
  const { reserved } = device.memory();
  (model.forward(input) as Tensor).dispose();
  const growth = device.memory().reserved - reserved;
  dispose(input);
  model.dispose();
  useDevice(before);
  device.dispose();
  return growth / 2 ** 20;
}

/** A step with 32 images of 14x14: lifting with patches of 5x5, a pool, two layers with patches of 3x3, 16 channels, 4 heads of 8. */
async function trainingStep(threads: number, rounds: number) {
  return await onThreads(threads, async () => {
    const rng = new Rng(1);
    const sizes = { size: 14, classes: 10, channels: 16, blocks: [2], heads: 4, patch: 3, liftingPatch: 5 } as const;
    const model = new GroupAttentionNet({ ...sizes, group: 'p4', poolAfterLifting: true, rng });
    const adam = new Adam(model, { rate: 1e-2 });
    const inputs = rng.normal([32, 14, 14, 1]) as Tensor;
    const labels = rng.integers([32], 0, 10) as Tensor;
    const times = await timed(rounds, () => adam.minimize(() => crossEntropy(model.forward(inputs), labels)).dispose());
    adam.dispose();
    model.dispose();
    dispose([inputs, labels]);
    return times;
  });
}

/** Bars as the project asks for them. */
export async function equivariantAttentionFigures(quick: boolean): Promise<Figure[]> {
  const [few, many] = quick ? [3, 20] : [9, 200];
  const time = async (
    what: string,
    rounds: number,
    measure: (rounds: number) => Promise<{ shortest: number; middle: number }>,
    atMost?: number,
  ): Promise<Figure> => {
    const { shortest, middle } = await measure(rounds);
    const detail = `median of ${rounds}, shortest ${shortest.toFixed(1)}`;
    return figure(group, what, middle, 'ms', detail, atMost);
  };
  return [
    await time('lifting to p4, 28x28, one thread', many, (rounds) => pass('lifting', rounds), 8),
    await time('layer over p4, 12x12 of 20 channels, one thread', many, (rounds) => pass('p4', rounds), 10),
    await time('layer over p8, 12x12 of 20 channels, one thread', many, (rounds) => pass('p8', rounds), 50),
    figure(group, 'memory of the layer over p8', await memoryOf('p8'), 'MiB', 'scores alone would be 66 MiB', 10),
    await time('network for rotated MNIST, p4, one image, one thread', few, (rounds) => pass('rotMnist', rounds), 120),
    await time('network for PatchCamelyon, p4, one image, one thread', few, (rounds) => pass('pcam', rounds), 500),
    await time('training step of 32 images of 14x14, p4, one thread', many, (rounds) => trainingStep(1, rounds)),
    await time('training step of 32 images of 14x14, p4, two threads', many, (rounds) => trainingStep(2, rounds), 40),
  ];
}

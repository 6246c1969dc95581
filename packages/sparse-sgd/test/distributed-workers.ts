/** Workers of a job in this process, each with a model and data of its own. */
import { crossEntropy, MLP, type Optimizer, SGD } from '@saccade/nn';
import { Rng, scope, type Tensor, tensor } from '@saccade/tensor';
import { DistributedOptimizer } from '../src/distributed/distributed-optimizer.js';
import type { DistributedOptions } from '../src/distributed/settings.js';
import { localTransports } from '../src/transport/thread-transport.js';
import type { Transport } from '../src/transport/transport.js';

/** Three clouds of points in 8 dimensions, which overlap. */
export interface Batch {
  readonly points: Tensor;
  readonly labels: Tensor;
}

/** `count` examples from a stream. */
export function batchOf(rng: Rng, count = 24): Batch {
  const labels = Int32Array.from({ length: count }, () => Math.floor(3 * rng.number()));
  const points = Float32Array.from({ length: 8 * count }, (_, i) => {
    const label = labels[Math.floor(i / 8)]!;
    return ((i % 8) % 3 === label ? 0.5 : -0.5) + 2 * (rng.number() - 0.5);
  });
  return { points: tensor(points, { shape: [count, 8] }) as Tensor, labels: tensor(labels) as unknown as Tensor };
}

/** A worker. */
export interface Worker {
  readonly model: MLP;
  readonly optimizer: DistributedOptimizer;
  loss(batch: Batch): Tensor;
}

export type WorkerOptions = Omit<DistributedOptions, 'transport'> & {
  readonly rate?: number | ((step: number) => number);
  readonly inner?: (model: MLP, rate: number | ((step: number) => number)) => Optimizer;
};

/** A worker at a transport. Its model begins with weights of its own, which `start` replaces. */
export function workerAt(transport: Transport, { rate = 0.3, inner, ...options }: WorkerOptions = {}): Worker {
  const model = new MLP([8, 16, 3], { rng: new Rng(100 + transport.rank) });
  const wrapped = inner?.(model, rate) ?? new SGD(model, { rate });
  const optimizer = new DistributedOptimizer(wrapped, { transport, compress: 'top-k:5%', denseBelow: 20, ...options });
  return { model, optimizer, loss: ({ points, labels }) => crossEntropy(model.forward(points) as Tensor, labels) };
}

/** A job, whose transports are closed at the end. */
export async function withWorkers<R>(
  size: number,
  options: WorkerOptions,
  body: (workers: Worker[]) => Promise<R>,
): Promise<R> {
  const transports = await localTransports(size);
  try {
    return await body(transports.map((transport) => workerAt(transport, options)));
  } finally {
    await Promise.all(transports.map((transport) => transport.close()));
  }
}

/** `steps` steps of all workers, each on batches of its own that follow from its rank and the step. */
export async function train(workers: readonly Worker[], steps: number, from = 0): Promise<void> {
  await Promise.all(
    workers.map(async ({ optimizer, loss }) => {
      for (let step = from; step < from + steps; step++) {
        await scope(async () => {
          const batch = batchOf(new Rng(7).derive(optimizer.transport.rank).derive(step));
          await optimizer.minimize(() => loss(batch));
        });
      }
    }),
  );
}

/** All parameters in one list. */
export function parametersOf({ optimizer }: Worker): number[] {
  return [...optimizer.parameters.values()].flatMap((t) => [...t.dataSync()]);
}

/** Loss on many examples. */
export function testLoss({ loss }: Worker): number {
  return scope(() => loss(batchOf(new Rng(99), 600)).item());
}

/** Runs `body` with console.warn caught, and gives what was said. */
export async function warnings(body: () => unknown): Promise<string[]> {
  const said: string[] = [];
  const { warn } = console;
  console.warn = (text: string) => {
    // Earlier tests leave tensors to the garbage collector, which may say so at any time.
    if (!text.startsWith('saccade: the garbage collector')) said.push(text);
  };
  try {
    await body();
  } finally {
    console.warn = warn;
  }
  return said;
}

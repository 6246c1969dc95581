/** The small trainer of the paper's tasks: Adam with a warm-up and a cosine, through the training loop of nn. */
import {
  Adam,
  type AnyModule,
  batches,
  type CheckpointOptions,
  cosine,
  crossEntropy,
  fit,
  inference,
  type Module,
  meanSquaredError,
  type StepEvent,
} from '@saccade/nn';
import {
  checkOptions,
  mul,
  OptionError,
  quote,
  requireAbove,
  requireCount,
  requireFunction,
  type Tensor,
} from '@saccade/tensor';
import { SelfAttentionNetwork } from '../network/self-attention-network.js';
import type { CircleTask } from './circle-task.js';
import { IGNORED, type TokenTask } from './task.js';
import { tokenAccuracy } from './token-accuracy.js';

/** How to train. */
export interface TrainTaskOptions {
  /** Passes over the examples. Default 50. */
  readonly epochs?: number | undefined;
  /** Examples of a step. Default 32. */
  readonly batch?: number | undefined;
  /** The highest rate, behind the warm-up; from there it falls to 0 along a cosine. Default 5e-4. */
  readonly rate?: number | undefined;
  /** Steps in which the rate rises. Default 100, or a tenth of all steps if they are fewer than 1000. */
  readonly warmUp?: number | undefined;
  /** Seed of the order of the examples. Default 0. */
  readonly seed?: number | undefined;
  /** Saves the run, and goes on from what was saved. Default: neither. */
  readonly checkpoint?: CheckpointOptions | undefined;
  /** Shows a line on the terminal. Default false. */
  readonly progress?: boolean | undefined;
  /** Called after each step with the share of steps that are done; awaited. */
  readonly onProgress?: ((done: number, event: StepEvent) => unknown) | undefined;
  /** Ends the run between two steps. */
  readonly signal?: AbortSignal | undefined;
}

/** What training came to. */
export interface TrainedTask {
  /** Share of the tokens of the test examples that are answered rightly. */
  readonly accuracy: number;
  /** Mean loss over the last epoch. */
  readonly loss: number;
  /** Steps done. */
  readonly steps: number;
}

const names = ['epochs', 'batch', 'rate', 'warmUp', 'seed', 'checkpoint', 'progress', 'onProgress', 'signal'] as const;

/**
 * Trains a network on a task with the mean cross-entropy of the tokens that count, and tests it. The defaults learn sorting in 1,600 steps; the release trains for
 * many more at a rate of 1e-5.
 * @throws {OptionError} for a network that has not the task's labels @throws as `fit`
 */
export async function trainTask(
  network: SelfAttentionNetwork,
  task: TokenTask,
  options: TrainTaskOptions = {},
): Promise<TrainedTask> {
  const op = 'trainTask';
  checkOptions(op, options, names);
  if (!(network instanceof SelfAttentionNetwork)) {
    throw new OptionError(`${op}: expected a SelfAttentionNetwork, got ${quote(network)}`);
  }
  const { labels } = task.form;
  if (network.config.labels !== labels) {
    throw new OptionError(`${op}: the task has ${labels} labels, the network ${network.config.labels}`);
  }
  const loss = (batch: TokenTask['train']): Tensor =>
    crossEntropy(network.forward(batch.inputs), batch.labels, { ignore: IGNORED });
  const trained = await fitTask(op, network, task.train, loss, options);
  const answer = (inputs: Tensor): Tensor => inference(network, () => network.forward(inputs));
  return { ...trained, accuracy: await tokenAccuracy(task.test, answer, options.signal) };
}

/** Trains a network from points to points with the squared error summed over a pair. @throws as `fit` */
export function trainCircle(
  network: Module,
  task: CircleTask,
  options: TrainTaskOptions = {},
): Promise<Omit<TrainedTask, 'accuracy'>> {
  const op = 'trainCircle';
  checkOptions(op, options, names);
  // Four numbers a pair.
  const loss = ({ inputs, targets }: CircleTask): Tensor => mul(meanSquaredError(network.forward(inputs), targets), 4);
  return fitTask(op, network, { inputs: task.inputs, targets: task.targets }, loss, options);
}

async function fitTask<B extends object>(
  op: string,
  network: AnyModule,
  examples: B,
  loss: (batch: B) => Tensor,
  options: TrainTaskOptions,
): Promise<Omit<TrainedTask, 'accuracy'>> {
  const { epochs = 50, batch = 32, rate = 5e-4, seed = 0, checkpoint, progress, onProgress, signal } = options;
  requireCount(op, 'epochs', epochs);
  requireCount(op, 'batch', batch);
  requireAbove(op, 'rate', rate);
  if (onProgress !== undefined) requireFunction(op, onProgress);
  const data = batches(examples, { size: batch, seed });
  const total = epochs * data.steps;
  const warmUp = requireCount(op, 'warmUp', options.warmUp ?? Math.min(100, Math.floor(total / 10)), 0, total - 1);
  using optimizer = new Adam(network, { rate: cosine({ rate, steps: total, warmUp }) });
  const onStep = (event: StepEvent): unknown => onProgress?.((event.epoch * event.steps + event.step) / total, event);
  const result = await fit(network, { data, loss, optimizer, epochs, checkpoint, progress, onStep, signal });
  return { loss: result.epochs.at(-1)?.loss ?? Number.NaN, steps: result.steps };
}

/** `equivariant-attention train`: from labelled images to a file with a network. */
import { rmSync } from 'node:fs';
import {
  isInterrupt,
  percent,
  print,
  printJson,
  requireFolders,
  requireNewRun,
  resumeCommand,
  tell,
  tellResumed,
  tellSaved,
} from '@saccade/command';
import {
  Adam,
  accuracy,
  type Batches,
  batches,
  cosine,
  crossEntropy,
  type EpochRecord,
  fit,
  type MnistPart,
} from '@saccade/nn';
import { init, scope, type Tensor } from '@saccade/tensor';
import { saveGroupAttention } from '../files/module-file.js';
import type { GroupAttentionNet } from '../network/group-attention-net.js';
import { readImages } from './images.js';
import { networkFor } from './network.js';
import { splitOf } from './split.js';
import { trainHelp } from './train-help.js';
import { type TrainOptions, trainOptions } from './train-options.js';

/** Where the run is saved. */
function checkpointPath({ out, checkpoint }: TrainOptions): string {
  return checkpoint ?? `${out.replace(/\.safetensors$/, '')}.checkpoint.safetensors`;
}

function epochLine({ epoch, loss, validation = {} }: EpochRecord, epochs: number): string {
  const held = Object.entries(validation).map(([name, value]) => `, validation ${name} ${value.toPrecision(4)}`);
  return `epoch ${epoch + 1}/${epochs}: loss ${loss.toPrecision(4)}${held.join('')}`;
}

/** What was trained, and how well. */
interface Trained {
  readonly network: GroupAttentionNet;
  readonly epochs: readonly EpochRecord[];
  readonly steps: number;
  readonly images: { readonly train: number; readonly validation: number };
}

async function trainOn(
  part: MnistPart,
  options: TrainOptions,
  checkpoint: string,
  signal: AbortSignal,
): Promise<Trained> {
  const { batch: size, seed, resume, rate, length, group } = options;
  const { train, validation: held } = splitOf(part, options);
  const data = batches(train, { size, seed });
  const validation: Batches<MnistPart> | undefined = held && batches(held, { size: 100, shuffle: false });
  const epochs = 'epochs' in length ? length.epochs : Math.ceil(length.steps / data.steps);
  const steps = epochs * data.steps;
  const [, side] = part.images.shape as [number, number];
  const network = networkFor(side, await classesIn(part.labels), options);
  const scores = (images: Tensor): Tensor => network.forward(images);
  await tell(
    `${train.size} images of ${side} x ${side}; ${group}, ${network.size} parameters; ${epochs} epochs of ${data.steps} steps`,
  );
  const result = await fit(network, {
    ...{ data, epochs, signal, validation },
    loss: ({ images, labels }) => crossEntropy(scores(images), labels),
    optimizer: new Adam(network, {
      rate: cosine({ rate, steps, warmUp: Math.min(30, Math.floor(steps / 10)) }),
      l2: 1e-4,
    }),
    metrics: validation && {
      accuracy: ({ images, labels }) => scope(() => accuracy(scores(images), labels) as Tensor | number),
    },
    checkpoint: { to: checkpoint, resume },
    progress: true,
    onEpoch: async (record) => {
      if (!process.stderr.isTTY) await tell(epochLine(record, epochs));
    },
  });
  const images = { train: train.size, validation: held?.size ?? 0 };
  return { network, epochs: result.epochs, steps: result.steps, images };
}

/** One more than the largest label. */
async function classesIn(labels: Tensor): Promise<number> {
  return (await labels.data<'int32'>()).reduce((most, label) => Math.max(most, label), 0) + 1;
}

async function report(
  { network, ...trained }: Trained,
  { out, json, group }: TrainOptions,
  seconds: number,
): Promise<void> {
  const { epochs, steps, images } = trained;
  const last = epochs.at(-1)?.validation;
  if (json) {
    const parameters = network.size;
    const result = { model: out, group, parameters, images, steps, seconds, epochs };
    await printJson({ accuracy: last?.accuracy ?? null, ...result });
    return;
  }
  if (last !== undefined)
    await print(`accuracy ${percent(last.accuracy as number)} of ${images.validation} validation images\n`);
  await print(`model: ${out}\n`);
}

/** Runs the command. @returns the exit status */
export async function train(args: readonly string[], signal: AbortSignal): Promise<number> {
  const options = trainOptions(args);
  if (options === undefined) {
    await print(trainHelp);
    return 0;
  }
  const start = performance.now();
  const { out, resume } = options;
  const checkpoint = checkpointPath(options);
  requireFolders({ out, checkpoint });
  requireNewRun({ checkpoint, resume });
  await init({ threads: options.threads });
  const { train: part } = await readImages(options, options.imageSize, signal);
  await tellResumed({ checkpoint, resume });
  let trained: Trained;
  try {
    trained = await trainOn(part, options, checkpoint, signal);
  } catch (error) {
    if (!isInterrupt(error, signal)) throw error;
    return tellSaved(checkpoint, resumeCommand('equivariant-attention', ['train', ...args]));
  }
  await saveGroupAttention(out, trained.network);
  if (options.checkpoint === undefined) rmSync(checkpoint, { force: true });
  await report(trained, options, (performance.now() - start) / 1000);
  return 0;
}

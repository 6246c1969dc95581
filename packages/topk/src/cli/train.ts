/** `topk train`: from labelled images to a file with a selector. */
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
  writeFile,
} from '@saccade/command';
import { Adam, accuracy, type Batches, batches, cosine, type EpochRecord, fit, type ImageBatch } from '@saccade/nn';
import { init, Rng, scope, type Tensor } from '@saccade/tensor';
import { followSigma } from '../model/follow-sigma.js';
import { PatchSelector } from '../model/patch-selector.js';
import { linearSigma } from '../model/sigma-schedule.js';
import { explain } from '../pictures/explain.js';
import { saveModel } from './model-file.js';
import { trainHelp } from './train-help.js';
import { type TrainImages, trainImages } from './train-images.js';
import { type TrainOptions, trainOptions } from './train-options.js';

function newSelector(options: TrainOptions, { height, width, channels, classes }: TrainImages): PatchSelector {
  const { patches, patchSize, downscale, scorerChannels, pool, features, aggregation, align, entropy } = options;
  const { method, sigma, samples, grad } = options;
  return new PatchSelector({
    ...{ height, width, channels, patches, patchSize, downscale, aggregation, align },
    classes: classes.length,
    rng: new Rng(options.seed),
    scorer: { kind: 'conv', channels: scorerChannels, pool },
    features: features === 'small' ? 'conv' : features,
    selection: { method, sigma, ...(method === 'perturbed' && { samples, grad }) },
    entropyWeight: entropy,
  });
}

/** Where the run is saved. */
function checkpointPath({ out, checkpoint }: TrainOptions): string {
  return checkpoint ?? `${out.replace(/\.safetensors$/, '')}.checkpoint.safetensors`;
}

/** The picture of the first validation image, or of the first one. */
async function drawFirst(selector: PatchSelector, data: Batches<ImageBatch>, path: string): Promise<void> {
  for await (const { images } of data.epoch(0)) {
    const [, height, width, channels] = images.shape as readonly [number, number, number, number];
    const values = (await images.data()) as Float32Array;
    const image = { height, width, channels, data: values.slice(0, height * width * channels) };
    writeFile(path, await (await explain(selector, image)).png());
    return;
  }
}

function epochLine({ epoch, loss, validation = {} }: EpochRecord, epochs: number): string {
  const held = Object.entries(validation).map(([name, value]) => `, validation ${name} ${value.toPrecision(4)}`);
  return `epoch ${epoch + 1}/${epochs}: loss ${loss.toPrecision(4)}${held.join('')}`;
}

/** What was trained, and how well. */
interface Trained {
  readonly selector: PatchSelector;
  readonly epochs: readonly EpochRecord[];
  readonly steps: number;
}

async function trainOn(
  images: TrainImages,
  options: TrainOptions,
  checkpoint: string,
  signal: AbortSignal,
): Promise<Trained> {
  const { epochs, batch: size, seed, resume, picture, rate, sigma } = options;
  const selector = newSelector(options, images);
  const data = batches(images.train, { size, seed });
  const validation = images.validation && batches(images.validation, { size, shuffle: false });
  const steps = epochs * data.steps;
  const warmUp = Math.min(50, Math.floor(steps / 10));
  const fade = sigma > 0 ? followSigma(selector, linearSigma({ sigma, steps })) : undefined;
  const { rows, columns } = selector.grid;
  await tell(
    `${images.train.size} images of ${images.height} x ${images.width}, ${images.classes.length} classes; ` +
      `${options.patches} of ${rows * columns} patches; ${steps} steps`,
  );
  const result = await fit(selector, {
    ...{ data, epochs, signal, validation },
    loss: ({ images: x, labels }) => selector.loss(x, labels),
    optimizer: new Adam(selector, { rate: cosine({ rate, steps, warmUp }), clipValue: 1 }),
    metrics: validation && {
      accuracy: ({ images: x, labels }) => scope(() => accuracy(selector.forward(x), labels) as Tensor | number),
    },
    checkpoint: { to: checkpoint, resume },
    progress: true,
    onStep: fade,
    onEpoch: async (record) => {
      if (!process.stderr.isTTY) await tell(epochLine(record, epochs));
      if (picture !== undefined) await drawFirst(selector, validation ?? data, picture);
    },
  });
  return { selector, epochs: result.epochs, steps: result.steps };
}

async function report(
  { selector, epochs, steps }: Trained,
  { classes, train, validation }: TrainImages,
  { out, json }: TrainOptions,
  seconds: number,
): Promise<void> {
  const last = epochs.at(-1)?.validation;
  if (json) {
    const { rows, columns } = selector.grid;
    const sizes = { train: train.size, validation: validation?.size ?? 0 };
    const result = { model: out, classes, images: sizes, grid: { rows, columns }, steps, seconds, epochs };
    await printJson({ accuracy: last?.accuracy ?? null, ...result });
    return;
  }
  if (last !== undefined) {
    await print(`accuracy ${percent(last.accuracy!)} of ${validation?.size} validation images\n`);
  }
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
  const { out, picture, resume } = options;
  const checkpoint = checkpointPath(options);
  requireFolders({ out, checkpoint, picture });
  requireNewRun({ checkpoint, resume });
  await init({ threads: options.threads });
  const images = await trainImages(options, signal);
  await tellResumed({ checkpoint, resume });
  let trained: Trained;
  try {
    trained = await trainOn(images, options, checkpoint, signal);
  } catch (error) {
    if (!isInterrupt(error, signal)) throw error;
    return tellSaved(checkpoint, resumeCommand('topk', ['train', ...args]));
  }
  await saveModel(out, trained.selector, images.classes);
  if (options.checkpoint === undefined) rmSync(checkpoint, { force: true });
  await report(trained, images, options, (performance.now() - start) / 1000);
  return 0;
}

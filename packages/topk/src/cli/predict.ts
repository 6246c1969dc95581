/** `topk predict`: the classes of images, and where the selector looked. */
import {
  percent,
  print,
  printJson,
  readArguments,
  readFile,
  table,
  UsageError,
  wholeNumber,
  writeFile,
} from '@saccade/command';
import { type DecodedImage, decodeImage, type ImageChannels } from '@saccade/nn';
import { plainText } from '@saccade/pictures';
import { FormatError, init, resizeBilinear, scope, tensor } from '@saccade/tensor';
import type { PatchSelectorConfig } from '../model/patch-selector-options.js';
import { type Explanation, explain } from '../pictures/explain.js';
import type { PixelImage } from '../pictures/picture.js';
import { loadModel, type Model } from './model-file.js';

const help = `The classes of images, and the patches that decided.

  topk predict IMAGE... [options]

  --model FILE     as topk train writes it (default model.safetensors)
  --explain FILE   a picture of what was looked at: PNG, or SVG by the name's end; of several images
                   FILE-1, FILE-2, …
  --threads N      default: as many as there are
  --json           the result as JSON on standard output, and nothing else there
  --help           this text

Images are PNG files. One of another size than the model's is resized; boxes are in the pixels of the file.
`;

const definitions = {
  model: { type: 'string', default: 'model.safetensors' },
  explain: { type: 'string' },
  threads: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** What was found in one file. */
interface Prediction {
  readonly image: string;
  readonly classes: Explanation['classes'];
  readonly patches: Explanation['patches'];
}

/** The image file, decoded. @throws {FileError} @throws {FormatError} */
async function readImage(path: string, channels: number): Promise<DecodedImage> {
  const bytes = readFile(path);
  try {
    return await decodeImage(bytes, { channels: channels as ImageChannels });
  } catch (cause) {
    throw new FormatError(`${path}: ${(cause as Error).message}`, { cause });
  }
}

/** The image in the size that the selector is for. */
async function fitted(image: DecodedImage, { height, width }: PatchSelectorConfig): Promise<PixelImage> {
  if (image.height === height && image.width === width) return image;
  const values = Float32Array.from(image.data, (value) => value / 255);
  const shape = [1, image.height, image.width, image.channels];
  const resized = scope(() => resizeBilinear(tensor(values, { shape }), [height, width]));
  try {
    return { height, width, channels: image.channels, data: await resized.data() };
  } finally {
    resized.dispose();
  }
}

/** Boxes in the pixels of the file. */
function inFile(
  patches: Explanation['patches'],
  image: DecodedImage,
  model: PatchSelectorConfig,
): Explanation['patches'] {
  const y = (at: number): number => Math.round((at * image.height) / model.height);
  const x = (at: number): number => Math.round((at * image.width) / model.width);
  return patches.map((patch) => ({
    ...patch,
    ...{ top: y(patch.top), left: x(patch.left), bottom: y(patch.bottom), right: x(patch.right) },
  }));
}

/** Where the picture of an image goes. */
function picturePath(path: string, number: number, images: number): string {
  return images === 1 ? path : path.replace(/(\.[^./\\]+)?$/, `-${number}$1`);
}

async function predictOne(
  path: string,
  { selector, classes }: Model,
  picture: string | undefined,
): Promise<Prediction> {
  const { config } = selector;
  const image = await readImage(path, config.channels);
  const explained = await explain(selector, await fitted(image, config), { classes });
  if (picture !== undefined) {
    writeFile(picture, /\.svg$/i.test(picture) ? await explained.svg() : await explained.png());
  }
  return { image: path, classes: explained.classes, patches: inFile(explained.patches, image, config) };
}

function describe({ image, classes, patches }: Prediction): string {
  const best = classes.slice(0, 3).map(({ name, probability }) => `${plainText(name)} ${percent(probability)}`);
  const rows = patches.map(({ top, left, bottom, right, score }, slot) => [
    `  patch ${slot + 1}`,
    `${top} to ${bottom}`,
    `${left} to ${right}`,
    score.toPrecision(3),
  ]);
  return `${plainText(image)}: ${best.join(', ')}\n${table(['', 'rows', 'columns', 'score'], rows)}`;
}

/** Runs the command. @returns the exit status */
export async function predict(args: readonly string[], signal: AbortSignal): Promise<number> {
  const { values, positionals: images } = readArguments(args, definitions, Number.POSITIVE_INFINITY);
  if (values.help) {
    await print(help);
    return 0;
  }
  if (images.length === 0) throw new UsageError('expected an image: topk predict IMAGE...');
  await init({ threads: wholeNumber('threads', values.threads) });
  const model = await loadModel(values.model);
  const predictions: Prediction[] = [];
  for (const [i, image] of images.entries()) {
    signal.throwIfAborted();
    const picture = values.explain && picturePath(values.explain, i + 1, images.length);
    const prediction = await predictOne(image, model, picture);
    predictions.push(prediction);
    if (!values.json) await print(describe(prediction));
  }
  if (values.json) await printJson(predictions);
  return 0;
}

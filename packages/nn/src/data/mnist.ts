/** MNIST, and the data sets that come in its four files. */
import {
  checkOptions,
  type FileSource,
  FormatError,
  nodeFiles,
  type OpenOptions,
  OptionError,
  quote,
  requireCount,
  SaccadeError,
  scope,
  show,
  type Tensor,
  tensor,
} from '@saccade/tensor';
import { type IdxArray, readIdx } from './idx.js';

/** Options of {@link loadMnist}. */
export interface MnistOptions extends OpenOptions {
  /** Read only the first so many images of each part. Default: all. */
  readonly limit?: number | undefined;
}

/** Images and what they show. */
export interface MnistPart {
  /** float32 [images, 28, 28, 1], 0 (background) to 1. */
  readonly images: Tensor;
  /** int32 [images], 0 to 9. */
  readonly labels: Tensor;
}

/** Both parts of the data set. */
export interface Mnist {
  readonly train: MnistPart;
  readonly test: MnistPart;
}

/** Where the files are: a folder (in Node), a URL object of one, or the files themselves. */
export type MnistFolder = string | URL | Iterable<File>;

type Find = (name: string) => FileSource;

/** How the file of a name, packed or not, is found. */
async function finder(folder: MnistFolder): Promise<Find> {
  const choose = (names: { has(name: string): boolean }, name: string, place: string): string => {
    const found = [name, `${name}.gz`].find((candidate) => names.has(candidate));
    if (found !== undefined) return found;
    throw new SaccadeError('io', `loadMnist: ${place} has neither ${name} nor ${name}.gz`);
  };
  if (folder instanceof URL && folder.protocol !== 'file:') {
    return (name) => new URL(`${name}.gz`, folder.href.endsWith('/') ? folder : `${folder.href}/`);
  }
  if (typeof folder === 'string' || folder instanceof URL) {
    const node = nodeFiles('loadMnist');
    const path = typeof folder === 'string' ? folder : node.pathOf(folder);
    const names = new Set((await node.list(path)).map((entry) => entry.name));
    return (name) => `${path}/${choose(names, name, path)}`;
  }
  if (typeof folder !== 'object' || folder === null || !(Symbol.iterator in folder)) {
    throw new OptionError(`loadMnist: expected a folder, a URL object or files, got ${quote(folder)}`);
  }
  const files = new Map([...folder].map((file) => [file.name, file]));
  return (name) => files.get(choose(files, name, 'the list of files'))!;
}

interface RawPart {
  readonly images: IdxArray;
  readonly labels: IdxArray;
}

async function readPart(find: Find, prefix: string, options: MnistOptions): Promise<RawPart> {
  const [imageFile, labelFile] = [`${prefix}-images-idx3-ubyte`, `${prefix}-labels-idx1-ubyte`];
  const images = await readIdx(find(imageFile), options);
  const labels = await readIdx(find(labelFile), options);
  const [count, height, width] = images.shape;
  if (images.dtype !== 'uint8' || images.shape.length !== 3 || height !== 28 || width !== 28) {
    throw new FormatError(
      `loadMnist: ${imageFile}: expected uint8 [images, 28, 28], got ${images.dtype} ${show(images.shape)}`,
    );
  }
  if (labels.dtype !== 'uint8' || labels.shape.length !== 1 || labels.shape[0] !== count) {
    throw new FormatError(
      `loadMnist: ${labelFile}: expected uint8 [${count}], got ${labels.dtype} ${show(labels.shape)}`,
    );
  }
  const bad = labels.data.findIndex((label) => label > 9);
  if (bad >= 0) {
    throw new FormatError(
      `loadMnist: ${labelFile}, byte ${8 + bad}: expected a label from 0 to 9, got ${labels.data[bad]}`,
    );
  }
  return { images, labels };
}

function toTensors({ images, labels }: RawPart): MnistPart {
  const scaled = Float32Array.from({ length: 256 }, (_, value) => value / 255);
  const pixels = new Float32Array(images.data.length);
  for (let i = 0; i < pixels.length; i++) pixels[i] = scaled[images.data[i]!]!;
  return { images: tensor(pixels, { shape: [...images.shape, 1] }), labels: tensor(Int32Array.from(labels.data)) };
}

/**
 * Reads `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`, `t10k-images-idx3-ubyte` and `t10k-labels-idx1-ubyte`,
 * each as it is or with `.gz` (from a web server: with `.gz`).
 *
 * @param folder a folder's path (in Node) or URL object, or the files, for instance of an `<input type="file">`
 * @param options `limit`: only the first so many images of each part; `signal`
 * @throws {FormatError} if a file breaks a rule of its format or does not hold what its name says
 * @throws {OptionError} for options that do not fit
 * @throws {SaccadeError} with code `io` if a file is missing or cannot be read
 */
export async function loadMnist(folder: MnistFolder, options: MnistOptions = {}): Promise<Mnist> {
  const { limit, signal } = checkOptions('loadMnist', options, ['limit', 'signal']);
  if (limit !== undefined) requireCount('loadMnist', 'limit', limit, 1);
  const find = await finder(folder);
  const passed = { limit, signal };
  const train = await readPart(find, 'train', passed);
  const test = await readPart(find, 't10k', passed);
  return scope(() => ({ train: toTensors(train), test: toTensors(test) }));
}

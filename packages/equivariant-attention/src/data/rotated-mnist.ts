/** Rotated MNIST: from its files, or made of MNIST's by the recipe that made them. */
import { type IdxArray, type MnistFolder, type MnistPart, readIdx } from '@saccade/nn';
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
  tensor,
} from '@saccade/tensor';
import { rotatePixels } from './rotate-pixels.js';
import { rotationAngles } from './rotation-angles.js';

/** Options of {@link loadRotatedMnist}. */
export interface RotatedMnistOptions extends OpenOptions {
  /** Read only the first so many images of each part. Default: all, 12,000 and 10,000. */
  readonly limit?: number | undefined;
}

/** Both parts. */
export interface RotatedMnist {
  readonly train: MnistPart;
  readonly test: MnistPart;
}

const op = 'loadRotatedMnist';

/** Of each part: the prefix of its files, how many images were turned, and the seed of their angles. */
const parts = { train: ['train', 12_000, 2021], test: ['t10k', 10_000, 2022] } as const;

/**
 * Reads `rot-train-images-idx3-ubyte`, `train-labels-idx1-ubyte` and the same of `t10k`, each as it is or with `.gz` (from a web server: with `.gz`). Where there are no
 * rotated images, those of MNIST are turned, each by its own angle, which gives the same.
 * @param folder a folder's path (in Node) or URL object, or the files, as for `loadMnist`
 * @throws {FormatError} if a file breaks a rule of its format or does not hold what its name says @throws {OptionError} for options that do not fit
 * @throws {SaccadeError} with code `io` if a file is missing or cannot be read
 */
export async function loadRotatedMnist(folder: MnistFolder, options: RotatedMnistOptions = {}): Promise<RotatedMnist> {
  const { limit, signal } = checkOptions(op, options, ['limit', 'signal']);
  if (limit !== undefined) requireCount(op, 'limit', limit, 1);
  const find = await finder(folder);
  const [train, test] = [
    await readPart(find, parts.train, limit, signal),
    await readPart(find, parts.test, limit, signal),
  ];
  return { train, test };
}

/** The file of a name; undefined if there is none. Of a web server it is not known. */
type Find = (name: string) => FileSource | undefined;

async function finder(folder: MnistFolder): Promise<Find> {
  if (folder instanceof URL && folder.protocol !== 'file:') {
    return (name) => new URL(`${name}.gz`, folder.href.endsWith('/') ? folder : `${folder.href}/`);
  }
  const files = new Map<string, FileSource>();
  if (typeof folder === 'string' || folder instanceof URL) {
    const node = nodeFiles(op);
    const path = typeof folder === 'string' ? folder : node.pathOf(folder);
    for (const { name } of await node.list(path)) files.set(name, `${path}/${name}`);
  } else if (typeof folder === 'object' && folder !== null && Symbol.iterator in folder) {
    for (const file of folder) files.set(file.name, file);
  } else throw new OptionError(`${op}: expected a folder, a URL object or files, got ${quote(folder)}`);
  return (name) => files.get(name) ?? files.get(`${name}.gz`);
}

async function readPart(
  find: Find,
  [prefix, count, seed]: (typeof parts)[keyof typeof parts],
  limit: number | undefined,
  signal: AbortSignal | undefined,
): Promise<MnistPart> {
  const wanted = Math.min(limit ?? count, count);
  const read = async (name: string, shape: readonly number[]): Promise<IdxArray> => {
    const file = find(name);
    if (file === undefined) throw new SaccadeError('io', `${op}: there is neither ${name} nor ${name}.gz`);
    return checked(name, await readIdx(file, { limit: wanted, signal }), shape);
  };
  const name = `${prefix}-images-idx3-ubyte`;
  const rotated = find(`rot-${name}`) !== undefined;
  const images = await read(rotated ? `rot-${name}` : name, [28, 28]);
  const labels = await read(`${prefix}-labels-idx1-ubyte`, []);
  const bytes = images.data as Uint8Array;
  const [found = 0] = images.shape;
  if (labels.shape[0] !== found) {
    throw new FormatError(`${op}: ${prefix}: there are ${found} images and ${labels.shape[0]} labels`);
  }
  const turned = rotated ? bytes : rotatePixels(bytes, { height: 28, width: 28, angles: rotationAngles(seed, found) });
  return scope(() => ({
    images: tensor(
      Float32Array.from(turned, (value) => value / 255),
      { shape: [found, 28, 28, 1] },
    ),
    labels: tensor(Int32Array.from(labels.data)),
  }));
}

function checked(name: string, array: IdxArray, shape: readonly number[]): IdxArray {
  const { dtype, shape: got } = array;
  if (dtype !== 'uint8' || String(got.slice(1)) !== String(shape)) {
    throw new FormatError(
      `${op}: ${name}: expected uint8 ${show([-1, ...shape])}, got ${dtype} ${show(got)}`.replace('-1', 'images'),
    );
  }
  const bad = shape.length === 0 ? array.data.findIndex((label) => label > 9) : -1;
  if (bad < 0) return array;
  throw new FormatError(`${op}: ${name}, byte ${8 + bad}: expected a label from 0 to 9, got ${array.data[bad]}`);
}

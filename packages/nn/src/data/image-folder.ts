/** A folder of images as a data set: classes from sub-folders or from a table, images decoded when they are asked for. */
import {
  checkOptions,
  type FileSource,
  FormatError,
  IndexError,
  type OpenOptions,
  OptionError,
  quote,
  requireCount,
  resizeBilinear,
  scope,
  type Tensor,
  tensor,
} from '@saccade/tensor';
import type { BatchContext, Dataset } from '../dataset.js';
import { type DecodedImage, decodeNamed } from './image.js';
import { classesOf, examplesFromFolders, examplesFromTable, type ImageExample } from './image-examples.js';
import { type ImageFolderSource, imageFiles } from './image-files.js';

/** Options of {@link imageFolder}. */
export interface ImageFolderOptions extends OpenOptions {
  /** [height, width] to which images of another size are resized, bilinear. Default: all must have one size. */
  readonly size?: readonly [number, number] | undefined;
  /** Default: 3. */
  readonly channels?: 1 | 3 | undefined;
  /** A CSV file with columns `file` (path within the folder) and `label`. Default: sub-folders are the classes. */
  readonly labels?: FileSource | undefined;
}

/** Images and their classes. */
export interface ImageBatch {
  /** float32 [rows, height, width, channels], 0 to 1. */
  readonly images: Tensor;
  /** int32 [rows], positions in the data set's `classes`. */
  readonly labels: Tensor;
}

/** A data set of images. */
export interface ImageFolder extends Dataset<ImageBatch> {
  /** Names of the classes, sorted; by value if all are whole numbers. */
  readonly classes: readonly string[];
  /** The images' paths within the folder, in the order of the rows. */
  readonly files: readonly string[];
}

/** Files that are open at once. */
const filesAtOnce = 16;

/** Values 0 to 1 of an image, resized where it has another size. */
async function valuesOf({ data, width, height, channels }: DecodedImage, size: Size): Promise<Float32Array> {
  const values = new Float32Array(data.length);
  for (let i = 0; i < data.length; i++) values[i] = data[i]! / 255;
  if (height === size[0] && width === size[1]) return values;
  const resized = scope(() => resizeBilinear(tensor(values, { shape: [1, height, width, channels] }), size));
  try {
    return await resized.data();
  } finally {
    resized.dispose();
  }
}

type Size = readonly [height: number, width: number];

/** Decodes on demand; the first image fixes the size of all where none was asked for. */
class DecodingFolder implements ImageFolder {
  readonly size: number;
  readonly classes: readonly string[];
  readonly files: readonly string[];
  readonly #examples: readonly ImageExample[];
  readonly #labels: Int32Array;
  readonly #channels: 1 | 3;
  readonly #resize: boolean;
  #common: { readonly file: string; readonly size: Size } | undefined;

  constructor(examples: readonly ImageExample[], size: Size | undefined, channels: 1 | 3) {
    this.#examples = examples;
    this.#channels = channels;
    this.#resize = size !== undefined;
    if (size !== undefined) this.#common = { file: '', size };
    this.size = examples.length;
    this.files = examples.map(({ file }) => file);
    this.classes = classesOf(examples);
    const positions = new Map(this.classes.map((name, i) => [name, i]));
    this.#labels = Int32Array.from(examples, ({ label }) => positions.get(label)!);
  }

  async #decode(row: number, signal: AbortSignal | undefined): Promise<DecodedImage> {
    const { file, open } = this.#examples[row]!;
    const image = await decodeNamed(`imageFolder: ${file}`, await open(signal), {
      channels: this.#channels,
      signal,
    });
    this.#common ??= { file, size: [image.height, image.width] };
    const [height, width] = this.#common.size;
    if (!this.#resize && (image.height !== height || image.width !== width)) {
      throw new FormatError(
        `imageFolder: expected images of one size, got ${this.#common.file} of ${height} x ${width} and ${file} of ` +
          `${image.height} x ${image.width} (height x width); pass size: [height, width] to resize`,
      );
    }
    return image;
  }

  async batch(rows: Int32Array, { signal }: BatchContext): Promise<ImageBatch> {
    const bad = rows.find((row) => row < 0 || row >= this.size);
    if (bad !== undefined) throw new IndexError(`imageFolder: expected rows in [0, ${this.size - 1}], got ${bad}`);
    const parts: Float32Array[] = [];
    for (let i = 0; i < rows.length; i += filesAtOnce) {
      const some = Array.from(rows.subarray(i, i + filesAtOnce));
      const images = await Promise.all(some.map((row) => this.#decode(row, signal)));
      for (const image of images) parts.push(await valuesOf(image, this.#sizeNow()));
    }
    const shape = [rows.length, ...this.#sizeNow(), this.#channels];
    const length = parts[0]?.length ?? 0;
    const values = new Float32Array(parts.length * length);
    for (const [i, part] of parts.entries()) values.set(part, i * length);
    const labels = Int32Array.from(rows, (row) => this.#labels[row]!);
    return scope(() => ({ images: tensor(values, { shape }), labels: tensor(labels) }));
  }

  /** The size of all images, known once one was decoded. */
  #sizeNow(): Size {
    return this.#common?.size ?? [0, 0];
  }
}

/**
 * A folder of images as a data set that decodes what is asked for. The names of the sub-folders are the classes, and
 * images at any depth in them are its examples, sorted by path; or a table names files and labels, in its order.
 *
 * In Node the images must be PNG (see `decodeImage`); symbolic links are not followed. Every epoch decodes anew: where all
 * of it fits into memory, take one batch of everything and train on that (`inMemory`).
 *
 * @param source the folder's path or `file:` URL (in Node), or the files of an `<input webkitdirectory>`
 * @param options `size`: [height, width]; `channels`: 1 or 3, default 3; `labels`: a CSV file with the columns file and
 *   label; `signal` for the listing (a batch has the signal of its context)
 * @returns the data set; its batches throw FormatError for images that are damaged or of different sizes without
 *   `size`, and IndexError for rows that are not there
 * @throws {FormatError} if the table is damaged or names files that are not in the folder
 * @throws {OptionError} for options that do not fit, and for a folder without images
 * @throws {SaccadeError} with code `io` if a folder or file cannot be read
 */
export async function imageFolder(source: ImageFolderSource, options: ImageFolderOptions = {}): Promise<ImageFolder> {
  const names = ['size', 'channels', 'labels', 'signal'] as const;
  const { size, channels = 3, labels, signal } = checkOptions('imageFolder', options, names);
  if (channels !== 1 && channels !== 3) {
    throw new OptionError(`imageFolder: channels must be 1 or 3, got ${quote(channels)}`);
  }
  if (size !== undefined) {
    if (!Array.isArray(size) || size.length !== 2) {
      throw new OptionError(`imageFolder: size must be [height, width], got ${quote(size)}`);
    }
    for (const extent of size) requireCount('imageFolder', 'size', extent, 1);
  }
  const files = await imageFiles(source, signal);
  const examples = labels === undefined ? examplesFromFolders(files) : await examplesFromTable(files, labels, signal);
  if (examples.length === 0) {
    const where = labels === undefined ? 'in sub-folders named after classes' : 'in the table';
    throw new OptionError(`imageFolder: expected images ${where}, found none`);
  }
  return new DecodingFolder(examples, size, channels);
}

/** A folder of labelled images as data for training and validation, or for a trained model whose classes are known. */
import {
  type Dataset,
  type ImageBatch,
  type ImageFolder,
  type ImageFolderOptions,
  type ImageFolderSource,
  imageFolder,
  readCsv,
  subset,
} from '@saccade/nn';
import { checkOptions, type FileSource, FormatError, nodeFiles, OptionError, quote, tensor } from '@saccade/tensor';
import { stratifiedSplit } from './stratified-split.js';

/** Options of {@link labelledImages}. */
export interface LabelledImagesOptions extends ImageFolderOptions {
  /** A CSV file with columns `file` and `label`. Default: `labels.csv` in the folder, else the sub-folders are the classes. */
  readonly labels?: FileSource | undefined;
  /** The names of the classes in the order of the model's outputs. Default: those that there are, sorted. */
  readonly classes?: readonly string[] | undefined;
  /** Share of each class that is kept for validation, in [0, 1). Default: 0.2. */
  readonly validation?: number | undefined;
  /** Of the choice of the validation images. Default: 0. */
  readonly seed?: number | undefined;
}

/** Some of the images; batches as of `imageFolder`: float32 images [rows, height, width, channels] from 0 to 1, int32 labels. */
export interface LabelledPart extends Dataset<ImageBatch> {
  /** Paths within the folder, in the order of the rows. */
  readonly files: readonly string[];
  /** The class of each row, as a position in `classes`. */
  readonly labels: Int32Array;
}

/** What {@link labelledImages} gives. */
export interface LabelledImages {
  /** The names of the classes; labels are positions in it. */
  readonly classes: readonly string[];
  readonly train: LabelledPart;
  /** Absent with `validation: 0`. */
  readonly validation?: LabelledPart;
}

/** The table in the folder, if there is one. What is no folder is left for `imageFolder` to refuse. */
async function tableIn(source: ImageFolderSource): Promise<FileSource | undefined> {
  if (typeof source === 'string' || source instanceof URL) {
    if (source === '' || (source instanceof URL && source.protocol !== 'file:')) return undefined;
    const node = nodeFiles('labelledImages');
    const path = source instanceof URL ? node.pathOf(source) : source;
    const entries = await node.list(path);
    return entries.some((entry) => entry.isFile() && entry.name === 'labels.csv') ? `${path}/labels.csv` : undefined;
  }
  const files: File[] = Array.isArray(source) ? source : [];
  return files.find((file) => /^(?:[^/]+\/)?labels\.csv$/.test(file?.webkitRelativePath || file?.name));
}

/** The name of the class of every image, in the order of `folder.files`. */
async function classNames(
  { files }: ImageFolder,
  table: FileSource | undefined,
  signal: AbortSignal | undefined,
): Promise<string[]> {
  if (table === undefined) return files.map((file) => file.slice(0, file.indexOf('/')));
  const names: string[] = [];
  const seen = new Set<string>();
  for await (const [file, name] of readCsv(table, { header: true, columns: ['file', 'label'], signal })) {
    if (seen.has(file!)) {
      throw new FormatError(`labelledImages: expected one label for each file, got ${quote(file)} again`);
    }
    seen.add(file!);
    names.push(name!);
  }
  return names;
}

/** Labels as positions. @throws {OptionError} for one that is not among the classes */
function positionsOf(names: readonly string[], classes: readonly string[], files: readonly string[]): Int32Array {
  const places = new Map(classes.map((name, i) => [name, i]));
  return Int32Array.from(names, (name, row) => {
    const place = places.get(name);
    if (place !== undefined) return place;
    const known = `${classes.slice(0, 20).map(quote).join(', ')}${classes.length > 20 ? ', …' : ''}`;
    throw new OptionError(
      `labelledImages: ${quote(name)}, the label of ${files[row]}, is none of the classes ${known}`,
    );
  });
}

/** Some rows of the folder, with labels by the classes that were asked for. */
function part(folder: ImageFolder, rows: Int32Array, allLabels: Int32Array): LabelledPart {
  const labels = rows.map((row) => allLabels[row]!);
  const { batch } = subset(folder, rows);
  return {
    size: rows.length,
    files: Array.from(rows, (row) => folder.files[row]!),
    labels,
    batch: async (wanted, context) => {
      const { images, labels: own } = await batch(wanted, context);
      own.dispose();
      return { images, labels: tensor(wanted.map((row) => labels[row]!)) };
    },
  };
}

function checkClasses(classes: readonly string[]): void {
  const isList = Array.isArray(classes) && classes.length > 0 && classes.every((name) => typeof name === 'string');
  if (!isList || new Set(classes).size !== classes.length) {
    throw new OptionError(`labelledImages: classes must be an array of distinct names, got ${quote(classes)}`);
  }
}

/**
 * Images of a folder with their classes, from its sub-folders or from a table, in two parts: for training and for validation.
 * Images are decoded when they are asked for (see `imageFolder` of `@saccade/nn`: PNG in Node, what the browser knows there).
 *
 * @param source the folder's path or `file:` URL (in Node), or the files of an `<input webkitdirectory>`
 * @param options `labels`: a CSV file, default `labels.csv` in the folder if there is one; `size`: [height, width] to which
 *   images are resized, default: all must have one size; `channels`: 1 or 3, default 3; `classes`: as the model knows them;
 *   `validation`, default 0.2; `seed`, default 0; `signal`
 * @throws {FormatError} for a damaged table, one that names files that are not there or one twice; a batch throws it for
 *   images that are damaged or of different sizes without `size`
 * @throws {OptionError} for options that do not fit, a label that is not among `classes`, a folder without images, and too
 *   few of them for a validation part
 * @throws {SaccadeError} with code `io` if a folder or file cannot be read
 */
export async function labelledImages(
  source: ImageFolderSource,
  options: LabelledImagesOptions = {},
): Promise<LabelledImages> {
  const names = ['labels', 'size', 'channels', 'classes', 'validation', 'seed', 'signal'] as const;
  const {
    size,
    channels,
    validation = 0.2,
    seed = 0,
    signal,
    ...given
  } = checkOptions('labelledImages', options, names);
  if (given.classes !== undefined) checkClasses(given.classes);
  if (!(typeof validation === 'number' && validation >= 0 && validation < 1)) {
    throw new OptionError(`labelledImages: validation must be a share in [0, 1), got ${quote(validation)}`);
  }
  const files = typeof source === 'object' && source !== null && Symbol.iterator in source ? [...source] : source;
  const labels = given.labels ?? (await tableIn(files));
  const folder = await imageFolder(files, { labels, size, channels, signal });
  const classes = given.classes ?? folder.classes;
  const positions = positionsOf(await classNames(folder, labels, signal), classes, folder.files);
  const rows = stratifiedSplit(positions, validation, seed);
  if (validation > 0 && rows.kept.length === 0) {
    throw new OptionError(
      `labelledImages: ${validation} of ${folder.size} images in ${classes.length} classes leaves none for validation; ` +
        'add images, or pass validation: 0',
    );
  }
  return {
    classes,
    train: part(folder, rows.rest, positions),
    ...(validation > 0 && { validation: part(folder, rows.kept, positions) }),
  };
}

/** What a data set is: examples that can be asked for by position. */
import {
  gather,
  isTensor,
  mapTree,
  OptionError,
  quote,
  type Rng,
  requireFunction,
  requireRng,
  ShapeError,
  scope,
  show,
  type Tensor,
  tensor,
  tensorsOf,
} from '@saccade/tensor';

/** What comes with a request for examples. */
export interface BatchContext {
  /** A stream for this batch alone: the same for the same seed, epoch and step, whatever was asked before. */
  readonly rng: Rng;
  /** Aborted when the batch is not wanted any more. */
  readonly signal?: AbortSignal | undefined;
}

/** Examples that can be asked for by position. A batch `B` holds tensors in an object or array, such as `{ images, labels }`. */
export interface Dataset<B extends object> {
  /** Number of examples. */
  readonly size: number;
  /** The examples at `rows`, in that order, in tensors whose first axis counts them; they are the caller's to free. */
  batch(rows: Int32Array, context: BatchContext): B | Promise<B>;
}

/**
 * A data set of tensors in memory, whose first axes count the examples. They stay the caller's. Other values in the same
 * objects go along with every batch as they are.
 * @throws {OptionError} without tensors or examples @throws {ShapeError} if the tensors count differently
 */
export function inMemory<B extends object>(tensors: B): Dataset<B> {
  const all: Tensor[] = [];
  mapTree(tensors, (t) => {
    all.push(t);
    return t;
  });
  if (tensorsOf(tensors).some((t) => !all.includes(t))) {
    throw new OptionError(
      'inMemory: tensors must be in arrays, plain objects and maps; those of a class instance cannot be split',
    );
  }
  if (all.length === 0) throw new OptionError('inMemory: expected tensors, such as { images, labels }');
  const size = all[0]?.shape[0] ?? 0;
  for (const t of all) {
    if (t.rank === 0 || t.shape[0] !== size) {
      const shapes = all.map(({ shape }) => `${show(shape)}`).join(', ');
      throw new ShapeError(`inMemory: the first axes must count the same examples, got ${shapes}`);
    }
  }
  if (size === 0) throw new OptionError('inMemory: the data set is empty');
  return {
    size,
    batch: (rows) =>
      scope(() => {
        const places = new Map(all.map((t) => [t.device, tensor(rows, { device: t.device })]));
        return mapTree(tensors, (t) => gather(t, places.get(t.device) ?? tensor(rows)));
      }),
  };
}

/** Whether something is a data set already. */
export function isDataset<B extends object>(data: Dataset<B> | B): data is Dataset<B> {
  const { batch, size } = data as Partial<Dataset<B>>;
  return typeof batch === 'function' && typeof size === 'number' && !isTensor(data);
}

function requireDataset(op: string, data: unknown): void {
  if (typeof data !== 'object' || data === null || !isDataset(data)) {
    throw new OptionError(`${op}: expected a data set { size, batch }, got ${quote(data)}; use inMemory for tensors`);
  }
}

/**
 * A data set that changes each batch of another: augmentation, normalisation. `change` may draw from the batch's own
 * stream; what it makes on the way is freed.
 */
export function mapBatches<A extends object, B extends object>(
  data: Dataset<A>,
  change: (batch: A, context: BatchContext) => B | Promise<B>,
): Dataset<B> {
  requireDataset('mapBatches', data);
  requireFunction('mapBatches', change);
  return {
    size: data.size,
    batch: (rows, context) => scope(async () => change(await data.batch(rows, context), context)),
  };
}

/**
 * Two parts of a data set, the first with a share of the examples, drawn at random: `randomSplit(data, 0.8, new Rng(1))`.
 * @throws {OptionError} unless both parts have an example
 */
export function randomSplit<B extends object>(data: Dataset<B>, share: number, rng: Rng): [Dataset<B>, Dataset<B>] {
  requireDataset('randomSplit', data);
  requireRng('randomSplit', rng);
  const count = Math.round(data.size * share);
  if (!(count >= 1 && count < data.size)) {
    throw new OptionError(`randomSplit: a share of ${quote(share)} of ${data.size} examples leaves a part empty`);
  }
  const rows = Int32Array.from({ length: data.size }, (_, i) => i);
  for (let i = rows.length - 1; i > 0; i--) {
    const j = Math.floor(rng.number() * (i + 1));
    [rows[i], rows[j]] = [rows[j] as number, rows[i] as number];
  }
  return [subset(data, rows.slice(0, count)), subset(data, rows.slice(count))];
}

/** The examples at some positions of another data set, such as a split. @throws {OptionError} for a position outside of it */
export function subset<B extends object>(data: Dataset<B>, rows: Int32Array): Dataset<B> {
  requireDataset('subset', data);
  if (!(rows instanceof Int32Array)) throw new OptionError(`subset: rows must be an Int32Array, got ${quote(rows)}`);
  const bad = rows.find((row) => row < 0 || row >= data.size);
  if (bad !== undefined) throw new OptionError(`subset: position ${bad} is outside [0, ${data.size})`);
  const chosen = rows.slice();
  return {
    size: chosen.length,
    batch: (wanted, context) =>
      data.batch(
        wanted.map((row) => chosen[row] as number),
        context,
      ),
  };
}

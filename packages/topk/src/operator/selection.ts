/** What a top-k operator chose: candidates, and how much each of them is in each row. */
import {
  broadcastTo,
  type Device,
  type DType,
  DTypeError,
  eye,
  IndexError,
  OptionError,
  range,
  requireShape,
  ShapeError,
  scatterAddAlong,
  scope,
  show,
  sum,
  type Tensor,
} from '@saccade/tensor';

/**
 * A sparse indicator matrix: row r of an image is the weighted choice of the r-th of k elements among n. Candidates that are not
 * named have weight 0 in all rows.
 */
export class Selection {
  /** Candidates, int32 [batch, m]: ascending, but for hard choices in an order by value. */
  readonly indices: Tensor;
  /** How much each candidate is in each row, [batch, rows, m]; gradients flow through it to the scores. */
  readonly weights: Tensor;
  /** How many elements there were to choose from. */
  readonly n: number;
  /** Whether the candidates are all n elements, in order. */
  readonly isFull: boolean;

  /** @throws {ShapeError} unless indices are [batch, m] and weights [batch, rows, m] @throws {DTypeError} unless indices are int32 */
  constructor(indices: Tensor, weights: Tensor, n: number, isFull = false) {
    const [batch, , m] = weights.shape;
    if (indices.rank !== 2 || weights.rank !== 3 || indices.shape[0] !== batch || indices.shape[1] !== m) {
      throw new ShapeError(
        `Selection: expected indices [batch, m] and weights [batch, rows, m], got ${show(indices.shape)} and ${show(weights.shape)}`,
      );
    }
    if (indices.dtype !== 'int32') throw new DTypeError(`Selection: indices must be int32, got ${indices.dtype}`);
    this.indices = indices;
    this.weights = weights;
    this.n = n;
    this.isFull = isFull;
  }

  /** Of a dense indicator tensor [batch, rows, n]; rows need not sum to 1. @throws {ShapeError} unless it has three axes */
  static fromDense(dense: Tensor): Selection {
    const [batch, , n] = requireShape('Selection.fromDense', 'dense', dense, ['batch', 'rows', 'n']);
    return new Selection(everyIndex(batch, n, dense.device), dense, n, true);
  }

  /** Of chosen positions, int32 [batch, k], among n: row r is element r of the list. @throws {IndexError} for a position outside (on CPU devices) */
  static fromIndices(indices: Tensor, n: number, dtype: 'float32' | 'float64' = 'float32'): Selection {
    if (indices.rank !== 2 || indices.dtype !== 'int32') {
      throw new ShapeError(
        `Selection.fromIndices: expected int32 [batch, k], got ${indices.dtype} ${show(indices.shape)}`,
      );
    }
    if (indices.device.readSync !== undefined && indices.dataSync<'int32'>().some((i) => i < 0 || i >= n)) {
      throw new IndexError(`Selection.fromIndices: every index must be in [0, ${n})`);
    }
    return oneHotRows(indices, n, dtype);
  }

  /** Images in the batch. */
  get batch(): number {
    return this.weights.shape[0] as number;
  }

  /** Rows an image: k where rows are ordered, 1 for methods that give a mask. */
  get rows(): number {
    return this.weights.shape[1] as number;
  }

  /** The indicators [batch, rows, n]. Differentiable. */
  toDense(): Tensor {
    if (this.isFull) return this.weights.reshape(this.weights.shape);
    return scope(() => this.#spread(this.weights));
  }

  /** How much each element is selected, the sum of the rows: [batch, n]. Differentiable. */
  toMask(): Tensor {
    return scope(() => {
      const total = sum(this.weights, { axis: 1, keepDims: true });
      return (this.isFull ? total : this.#spread(total)).reshape([this.batch, this.n]);
    });
  }

  /** Checks that each row is a distribution; nothing else asks for it. @throws {OptionError} naming the first row that does not sum to 1 */
  async requireDistributions(tolerance = 1e-4): Promise<void> {
    const sums = scope(() => sum(this.weights, { axis: 2 }));
    const totals = await sums.data();
    sums.dispose();
    const at = totals.findIndex((total) => !(Math.abs(total - 1) <= tolerance));
    if (at < 0) return;
    const [image, row] = [Math.floor(at / this.rows), at % this.rows];
    throw new OptionError(`Selection: row ${row} of image ${image} sums to ${totals[at]}, not to 1`);
  }

  #spread(weights: Tensor): Tensor {
    const [batch, rows, m] = requireShape('Selection', 'weights', weights, ['batch', 'rows', 'm']);
    const places = broadcastTo(this.indices.reshape([batch, 1, m]), [batch, rows, m]);
    return scatterAddAlong([batch, rows, this.n], places, weights);
  }

  /** Frees both tensors. */
  dispose(): void {
    this.indices.dispose();
    this.weights.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** `Selection.fromIndices` of positions that are known to be int32 [batch, k] in [0, n). */
export function oneHotRows(indices: Tensor, n: number, dtype: DType): Selection {
  const [batch, k] = requireShape('Selection', 'indices', indices, ['batch', 'k']);
  return scope(() => {
    const rows = eye(k, { dtype, device: indices.device }).reshape([1, k, k]);
    return new Selection(indices, broadcastTo(rows, [batch, k, k]), n);
  });
}

/** 0 .. n - 1 for each image: int32 [batch, n]. */
export function everyIndex(batch: number, n: number, device: Device): Tensor {
  return scope(() => {
    const row = range(0, n, 1, { device, dtype: 'int32' });
    return broadcastTo(row.reshape([1, n]), [batch, n]);
  });
}

/** Rows grouped into segments, and sparse matrices: the operations of graphs. */
import { OptionError, ShapeError } from '@saccade/kernels';
import { checkOptions } from '../arguments.js';
import { bufferOf, deviceOf, empty, orFree, requireFloat, requireSameType, requireType } from '../engine.js';
import { checkShape, type Shape, show, sizeOf } from '../shape.js';
import { record, recording } from '../tape.js';
import type { Tensor } from '../tensor.js';
import { div, mul, sub } from './arithmetic.js';
import { cast } from './cast.js';
import { equal } from './compare.js';
import { gather } from './indexing.js';

function segmentSizes(op: string, x: Tensor<Shape>, ids: Tensor<Shape>, segments: number) {
  requireType(op, 'ids', ids, 'int32');
  if (x.rank < 1 || ids.rank !== 1 || ids.size !== x.shape[0]) {
    throw new ShapeError(`${op}: ids must be [${x.shape[0] ?? 'rows'}] for x ${show(x.shape)}, got ${show(ids.shape)}`);
  }
  if (!Number.isSafeInteger(segments) || segments < 0) {
    throw new OptionError(`${op}: segments must be a whole number from 0, got ${segments}`);
  }
  return { rows: ids.size, inner: sizeOf(x.shape, 1), segments };
}

function reduceSegments(
  op: 'sum' | 'max',
  name: string,
  x: Tensor<Shape>,
  ids: Tensor<Shape>,
  segments: number,
): Tensor {
  const device = deviceOf(name, x, ids);
  requireFloat(name, x);
  const sizes = segmentSizes(name, x, ids, segments);
  const y = empty(device, x.dtype, [segments, ...x.shape.slice(1)]);
  orFree(y, () => {
    device.kernels.segmentReduce(op, bufferOf(name, x), bufferOf(name, ids), bufferOf(name, y), sizes);
  });
  return y;
}

/**
 * y[s] = sum of the rows x[r] with ids[r] = s: [segments, ...]; 0 where there are none. ids int32, in any order.
 * @throws {IndexError} for an id outside [0, segments) (on CPU devices) @throws {ShapeError}
 */
export function segmentSum(x: Tensor<Shape>, ids: Tensor<Shape>, segments: number): Tensor {
  const y = reduceSegments('sum', 'segmentSum', x, ids, segments);
  record(y, [x], [(g) => gather(g, ids)], [ids]);
  return y;
}

/** y[s] = largest of the rows x[r] with ids[r] = s, -Infinity where there are none. Ties share the gradient. @throws {IndexError} @throws {ShapeError} */
export function segmentMax(x: Tensor<Shape>, ids: Tensor<Shape>, segments: number): Tensor {
  const y = reduceSegments('max', 'segmentMax', x, ids, segments);
  record(
    y,
    [x],
    [
      (g) => {
        const attained = cast(equal(x, gather(y, ids)), x.dtype);
        const count = segmentSum(attained, ids, segments);
        return mul(attained, div(gather(g, ids), gather(count, ids)));
      },
    ],
    [ids],
  );
  return y;
}

/** Softmax among the rows of each segment, for every channel on its own. @throws {IndexError} @throws {ShapeError} */
export function segmentSoftmax<S extends Shape>(x: Tensor<S>, ids: Tensor<Shape>, segments: number): Tensor<S> {
  const op = 'segmentSoftmax';
  const device = deviceOf(op, x, ids);
  requireFloat(op, x);
  const sizes = segmentSizes(op, x, ids, segments);
  const y = empty(device, x.dtype, x.shape);
  orFree(y, () => device.kernels.segmentSoftmax(bufferOf(op, x), bufferOf(op, ids), bufferOf(op, y), sizes));
  record(
    y,
    [x],
    [
      (g) => {
        if (recording()) return mul(y, sub(g, gather(segmentSum(mul(y, g), ids, segments), ids)));
        const dx = empty(device, x.dtype, x.shape);
        device.kernels.segmentSoftmaxGrad(bufferOf(op, y), bufferOf(op, ids), bufferOf(op, g), bufferOf(op, dx), sizes);
        return dx;
      },
    ],
    [ids],
  );
  return y;
}

/** A sparse matrix in compressed rows: row r has the entries rowStart[r] to rowStart[r + 1]. */
export interface SparseMatrix {
  /** [rows, columns]. */
  readonly shape: readonly [number, number];
  /** int32 [rows + 1]: 0 first, the number of entries last. */
  readonly rowStart: Tensor<Shape>;
  /** int32 [entries]: the column of each. */
  readonly column: Tensor<Shape>;
  /** float [entries]. Gradients flow to it. */
  readonly value: Tensor<Shape>;
}

/** How to multiply. */
export interface CsrOptions {
  /** Multiplies by the transpose. Default false. */
  readonly transpose?: boolean | undefined;
}

/**
 * Sparse [rows, columns] times dense [columns, channels], or with `transpose` its transpose times [rows, channels].
 * Gradients flow to the values and to the dense matrix.
 * @throws {ShapeError} @throws {DTypeError} @throws {IndexError} for a column out of range or row starts that do not ascend
 */
export function csrMatmul(sparse: SparseMatrix, x: Tensor<Shape>, options: CsrOptions = {}): Tensor {
  const { transpose = false } = checkOptions('csrMatmul', options, ['transpose']);
  checkShape('csrMatmul', sparse?.shape);
  const [rows, columns] = sparse.shape;
  const { rowStart, column, value } = sparse;
  const device = deviceOf('csrMatmul', value, x, rowStart, column);
  requireFloat('csrMatmul', value, x);
  requireSameType('csrMatmul', value, x);
  requireType('csrMatmul', 'rowStart', rowStart, 'int32');
  requireType('csrMatmul', 'column', column, 'int32');
  if (rowStart.size !== rows + 1 || column.size !== value.size) {
    throw new ShapeError(
      `csrMatmul: a matrix of ${rows} rows needs rowStart [${rows + 1}] and one column a value, ` +
        `got ${show(rowStart.shape)}, ${show(column.shape)} and ${show(value.shape)}`,
    );
  }
  if (x.rank !== 2 || x.shape[0] !== (transpose ? rows : columns)) {
    throw new ShapeError(
      `csrMatmul: sparse [${rows}, ${columns}]${transpose ? ' transposed' : ''} does not fit ${show(x.shape)}`,
    );
  }
  const y = empty(device, x.dtype, [transpose ? columns : rows, x.shape[1] as number]);
  const sizes = { rows, columns, nonzeros: value.size, inner: x.shape[1] as number };
  const [r, c, v] = [rowStart, column, value].map((t) => bufferOf('csrMatmul', t)) as [never, never, never];
  orFree(y, () => {
    device.kernels.csrMatmul(r, c, v, bufferOf('csrMatmul', x), bufferOf('csrMatmul', y), sizes, transpose);
  });
  record(
    y,
    [value, x],
    [(g) => entryGradient(sparse, x, g, transpose), (g) => csrMatmul(sparse, g, { transpose: !transpose })],
    [rowStart, column],
  );
  return y;
}

/** dvalue[e] = dot(dy[row of e], x[column of e]), bilinear in x and dy. */
function entryGradient(sparse: SparseMatrix, x: Tensor, dy: Tensor, transpose: boolean): Tensor {
  const [rows, columns] = sparse.shape;
  const { rowStart, column, value } = sparse;
  const device = deviceOf('csrMatmul', x, dy);
  const dvalue = empty(device, x.dtype, value.shape);
  const sizes = { rows, columns, nonzeros: value.size, inner: x.shape[1] as number };
  const buffers = [rowStart, column, x, dy, dvalue].map((t) => bufferOf('csrMatmul', t)) as [
    never,
    never,
    never,
    never,
    never,
  ];
  device.kernels.csrGradValue(...buffers, sizes, transpose);
  const weighted = (g: Tensor): SparseMatrix => ({ ...sparse, value: g });
  record(
    dvalue,
    [x, dy],
    [(g) => csrMatmul(weighted(g), dy, { transpose: !transpose }), (g) => csrMatmul(weighted(g), x, { transpose })],
    [rowStart, column],
  );
  return dvalue;
}

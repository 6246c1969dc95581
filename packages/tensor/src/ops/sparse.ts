/** Products of sparse matrices with dense ones. */
import { ShapeError } from '@saccade/kernels';
import { checkOptions } from '../arguments.js';
import { bufferOf, deviceOf, empty, orFree } from '../engine.js';
import { requireFloat, requireSameType, requireType } from '../require-type.js';
import { checkShape, type Shape, show } from '../shape.js';
import { record } from '../tape.js';
import type { Tensor } from '../tensor.js';

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
 * Sparse [rows, columns] times dense [columns, channels] -> [rows, channels], or with `transpose` its transpose times
 * [rows, channels] -> [columns, channels]. Gradients flow to the values and to the dense matrix.
 * @throws {ShapeError} unless the parts fit @throws {DTypeError} unless values and x are floats of one type, positions int32 @throws {IndexError} for a column out of range or row starts that do not ascend
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
  device.kernels.csrMatmulGradValue(...buffers, sizes, transpose);
  const weighted = (g: Tensor): SparseMatrix => ({ ...sparse, value: g });
  record(
    dvalue,
    [x, dy],
    [(g) => csrMatmul(weighted(g), dy, { transpose: !transpose }), (g) => csrMatmul(weighted(g), x, { transpose })],
    [rowStart, column],
  );
  return dvalue;
}

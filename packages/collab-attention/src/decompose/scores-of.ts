/** Weights of a layer as the tensor of its scores, checked. */
import {
  isTensor,
  type Matrix,
  matrix,
  OptionError,
  quote,
  requireCount,
  requireDivides,
  ShapeError,
  show,
  type Tensor,
} from '@saccade/tensor';
import { ScoreTensor } from './score-tensor.js';

/** How weights are cut into heads. */
export interface ScoreLayout {
  /** Query heads; the rows of the query weight are theirs, one head after another. */
  readonly heads: number;
  /** Key heads, where several heads share one (grouped-query attention). Default: as many as heads. */
  readonly keyHeads?: number | undefined;
}

/** @throws {ShapeError} @throws {OptionError} */
export async function scoresOf(
  op: string,
  queryWeight: Tensor,
  keyWeight: Tensor,
  { heads, keyHeads = heads }: ScoreLayout,
): Promise<ScoreTensor> {
  const query = await hostMatrix(op, 'queryWeight', queryWeight);
  const key = await hostMatrix(op, 'keyWeight', keyWeight);
  requireCount(op, 'heads', heads);
  requireDivides(op, 'keyHeads', requireCount(op, 'keyHeads', keyHeads), heads);
  requireDivides(op, 'heads', heads, query.rows);
  if (query.rows / heads !== key.rows / keyHeads) {
    throw new ShapeError(
      `${op}: queryWeight ${show(queryWeight.shape)} has ${query.rows / heads} rows for each of ${heads} heads, ` +
        `keyWeight ${show(keyWeight.shape)} ${key.rows / keyHeads} for each of ${keyHeads}`,
    );
  }
  return new ScoreTensor(query, key, heads, keyHeads);
}

/** A weight on the host, in float64. @throws {ShapeError} unless it is a matrix @throws {OptionError} for values that are not finite */
export async function hostMatrix(op: string, name: string, t: Tensor): Promise<Matrix> {
  if (!isTensor(t) || t.rank !== 2 || t.size === 0 || (t.dtype !== 'float32' && t.dtype !== 'float64')) {
    const got = isTensor(t) ? `${t.dtype} ${show(t.shape)}` : quote(t);
    throw new ShapeError(`${op}: ${name} must be a float matrix [rows, width], got ${got}`);
  }
  const data = Float64Array.from((await t.data()) as ArrayLike<number>);
  const bad = data.findIndex((value) => !Number.isFinite(value));
  const [rows, columns] = t.shape as [number, number];
  if (bad < 0) return matrix(rows, columns, data);
  throw new OptionError(
    `${op}: ${name} must be finite, got ${data[bad]} at [${Math.floor(bad / columns)}, ${bad % columns}]`,
  );
}

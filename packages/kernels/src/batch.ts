/** Which matrix of an operand belongs to one of the result, where batches are broadcast. */

/** The number of the matrix that belongs to matrix `index` of the result; strides are counted in matrices. */
export function matrixAt(index: number, batch: readonly number[], strides: readonly number[]): number {
  let at = 0;
  let rest = index;
  for (let axis = batch.length - 1; axis >= 0; axis--) {
    const size = batch[axis]!;
    at += (rest % size) * strides[axis]!;
    rest = Math.floor(rest / size);
  }
  return at;
}

/** How many matrices an operand of these strides has: one more than the last one's number. */
export function countMatrices(batch: readonly number[], strides: readonly number[]): number {
  let last = 0;
  for (let axis = 0; axis < batch.length; axis++) last += (batch[axis]! - 1) * strides[axis]!;
  return last + 1;
}

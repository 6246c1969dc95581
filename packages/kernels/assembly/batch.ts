// Which matrix of an operand belongs to one of the result, where batches are broadcast.

/** Number of the matrix at index `i` of the batch; `lists` holds the batch's axes, then `which` lists of strides on. */
// @ts-ignore: decorator
@inline
export function matrixAt(i: i32, rank: i32, lists: usize, which: i32): i32 {
  let at: i32 = 0;
  for (let axis = rank - 1; axis >= 0; axis--) {
    const size = load<i32>(lists + (<usize>axis << 2));
    at += (i % size) * load<i32>(lists + (<usize>(which * rank + axis) << 2));
    i /= size;
  }
  return at;
}

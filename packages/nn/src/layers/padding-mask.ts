/** Which keys of a batch are tokens and which are padding. */
import {
  DTypeError,
  isTensor,
  less,
  OptionError,
  quote,
  range,
  requireCount,
  requireShape,
  reshape,
  scope,
  type Tensor,
  tensor,
} from '@saccade/tensor';

/**
 * A mask for attention over sequences that are padded at the end: bool [batch, 1, 1, length], true where the position of
 * the key is below the length of its sequence. Pass it as `mask`. A sequence of length 0 sees nothing; attention then gives zeros.
 *
 * @param lengths of each sequence, in [0, length]: an array, or int32 [batch], which is checked where its device can be read at once
 * @param length of the padded sequences
 * @throws {OptionError} for a length out of range @throws {DTypeError} unless the tensor is int32 @throws {ShapeError} unless it is [batch]
 */
export function paddingMask(lengths: readonly number[] | Tensor, length: number): Tensor {
  const op = 'paddingMask';
  requireCount(op, 'length', length, 0);
  if (!isTensor(lengths)) {
    if (!Array.isArray(lengths)) {
      throw new OptionError(`${op}: lengths must be an array or an int32 tensor, got ${quote(lengths)}`);
    }
    requireLengths(lengths, length);
    return scope(() => maskOf(tensor(Int32Array.from(lengths)), length));
  }
  if (lengths.dtype !== 'int32') throw new DTypeError(`${op}: lengths must be int32, got ${lengths.dtype}`);
  requireShape(op, 'lengths', lengths, ['batch']);
  if (lengths.device.readSync !== undefined) requireLengths(lengths.dataSync<'int32'>(), length);
  return scope(() => maskOf(lengths, length));
}

function requireLengths(lengths: ArrayLike<number>, length: number): void {
  for (let i = 0; i < lengths.length; i++) {
    const given = lengths[i] as number;
    if (Number.isSafeInteger(given) && given >= 0 && given <= length) continue;
    throw new OptionError(`paddingMask: lengths must be whole numbers in [0, ${length}], got ${quote(given)} at ${i}`);
  }
}

function maskOf(lengths: Tensor, length: number): Tensor {
  const positions = range(0, length, 1, { dtype: 'int32', device: lengths.device });
  return less(positions, reshape(lengths, [lengths.size, 1, 1, 1]));
}

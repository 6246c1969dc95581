/** What the writers of all formats ask of a tensor: that it is one, and how its elements are stored. */
import { DisposedError, type DType, OptionError } from '@saccade/kernels';
import { isTensor } from '../tensor.js';
import type { StoredDType } from './stored.js';

const storage: Record<DType, StoredDType> = {
  float32: 'F32',
  float64: 'F64',
  int32: 'I32',
  uint8: 'U8',
  bool: 'BOOL',
};

/** The type under which files store a tensor of this dtype, without loss. */
export function storedDTypeOf(dtype: DType): StoredDType {
  return storage[dtype];
}

/**
 * Checks a tensor before anything is written.
 *
 * @param what how an error names the tensor
 * @throws {OptionError} if it is no tensor
 * @throws {DisposedError} if its memory has been given back
 */
export function checkWritable(op: string, what: string, value: unknown): void {
  if (!isTensor(value)) throw new OptionError(`${op}: ${what} must be a tensor, got ${typeof value}`);
  if (value.disposed) throw new DisposedError(`${op}: ${what}, of shape [${value.shape.join(', ')}], was disposed`);
}

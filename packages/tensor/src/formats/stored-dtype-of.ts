/** The stored element type of each tensor dtype: what the writers of all formats use. */
import type { DType } from '@saccade/kernels';
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

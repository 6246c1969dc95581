/** Every element type that a file may store. */
import type { StoredDType } from '../src/formats/stored.js';

export const storedDTypes: readonly StoredDType[] = [
  'F64',
  'F32',
  'F16',
  'BF16',
  'I64',
  'U64',
  'I32',
  'U32',
  'I16',
  'U16',
  'I8',
  'U8',
  'BOOL',
];

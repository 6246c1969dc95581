/** How exactly a feedback remembers. */
import { OptionError, quote } from '@saccade/tensor';
import type { Vector } from '../compress/message.js';

/** float64 is for those who compare with other code. */
export type Precision = 'float32' | 'float64';

/** Zeros. @throws {OptionError} for another precision */
export function newVector(op: string, precision: Precision, length: number): Vector {
  if (precision === 'float32') return new Float32Array(length);
  if (precision === 'float64') return new Float64Array(length);
  throw new OptionError(`${op}: precision must be 'float32' or 'float64', got ${quote(precision)}`);
}

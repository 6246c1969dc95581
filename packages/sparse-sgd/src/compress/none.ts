/** No compression: what everything else is compared with. */
import { checkOptions } from '@saccade/tensor';
import { requireFiniteVector } from './check-vector.js';
import type { Compressor } from './compressor.js';
import { entriesSuffix } from './entries.js';
import type { ValueType } from './message.js';
import { requireValueType, roundedContraction, roundValues } from './round-values.js';
import { vectorLike } from './vector-like.js';

/** Options of sending everything. */
export interface NoneOptions {
  /** The precision of values on the wire. Default: the vector's own. */
  readonly values?: ValueType | undefined;
}

/**
 * Sends all entries. Contraction 1; with float16 and bfloat16 values a little less, for entries in their normal range, and not unbiased.
 * @throws {OptionError} for options that cannot be
 */
export function noneCompressor(options: NoneOptions = {}): Compressor {
  const { values } = checkOptions('noneCompressor', options, ['values']);
  requireValueType('noneCompressor', values);
  return {
    name: `none${entriesSuffix({ values })}`,
    unbiased: values === undefined,
    contraction: () => roundedContraction(1, values),
    compress(vector) {
      requireFiniteVector('noneCompressor', vector);
      const { length } = vector;
      const all = vectorLike(vector, length);
      // Adding 0 turns -0 into 0.
      for (let i = 0; i < length; i++) all[i] = vector[i]! + 0;
      return { kind: 'dense', length, values: roundValues(all, values), valueType: values };
    },
  };
}

/** Rounds values to the precision in which they will travel. */
import { bfloat16ToFloat32, float16ToFloat32, OptionError, quote, toBfloat16, toFloat16 } from '@saccade/tensor';
import type { ValueType, Vector } from './message.js';

interface Precision {
  /** The largest number. */
  readonly largest: number;
  /** Half of the relative distance between neighbours. */
  readonly roundoff: number;
  /** A new vector of the nearest numbers. */
  readonly round: (values: Vector) => Float32Array;
}

const precisions: Readonly<Record<ValueType, Precision>> = {
  float32: { largest: (2 - 2 ** -23) * 2 ** 127, roundoff: 0, round: (values) => new Float32Array(values) },
  float16: { largest: 65504, roundoff: 2 ** -11, round: (values) => float16ToFloat32(toFloat16(values)) },
  bfloat16: {
    largest: (2 - 2 ** -7) * 2 ** 127,
    roundoff: 2 ** -8,
    round: (values) => bfloat16ToFloat32(toBfloat16(values)),
  },
};

/** @throws {OptionError} unless it is undefined or the name of a type of values */
export function requireValueType(op: string, type: ValueType | undefined): void {
  if (type === undefined || Object.hasOwn(precisions, type)) return;
  throw new OptionError(`${op}: values must be one of ${Object.keys(precisions).join(', ')}, got ${quote(type)}`);
}

/**
 * The values, each rounded to the nearest number of the type, ties to even; those beyond its range become its largest number, so
 * that a memory can send the rest later.
 * @param type undefined: as they are
 */
export function roundValues(values: Vector, type: ValueType | undefined): Vector {
  if (type === undefined || (type === 'float32' && values instanceof Float32Array)) return values;
  const { largest, round } = precisions[type];
  const rounded = round(values.map((value) => Math.min(largest, Math.max(-largest, value))));
  // Adding 0 turns -0, which small negative numbers become, into 0.
  for (let i = 0; i < rounded.length; i++) rounded[i]! += 0;
  return rounded;
}

/** What is left of a contraction delta when values are rounded: x - round(x) is at most `roundoff` |x| in the type's normal range. */
export function roundedContraction(delta: number, type: ValueType | undefined): number {
  return type === undefined ? delta : delta * (1 - precisions[type].roundoff ** 2);
}

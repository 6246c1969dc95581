/** Axes of charts: where a value lies, and which values are named. */
import { shortNumber } from './short-number.js';

/** A value that an axis names. */
export interface Tick {
  readonly value: number;
  readonly text: string;
}

/** An axis. */
export interface Axis {
  /** 0 at the low end, 1 at the high end. */
  place(value: number): number;
  readonly ticks: readonly Tick[];
}

/** Whole multiples of 1, 2 or 5 times a power of ten within [low, high]: at most `most`. */
function evenValues(low: number, high: number, most: number): number[] {
  const rough = (high - low) / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  for (const step of [1, 2, 5, 10, 20].map((times) => times * power)) {
    const first = Math.ceil(low / step - 1e-9);
    const count = Math.floor(high / step + 1e-9) - first + 1;
    if (count <= most) return Array.from({ length: count }, (_, i) => Number(((first + i) * step).toPrecision(12)));
  }
  return [];
}

/** 1, 2, …, 9 times powers of ten within [low, high]; only those of the digits, in each `stride`-th decade. */
function decadeValues(low: number, high: number, digits: readonly number[], stride: number): number[] {
  const [first, last] = [Math.floor(Math.log10(low)), Math.floor(Math.log10(high))];
  const decades = Array.from({ length: last - first + 1 }, (_, i) => first + i).filter((n) => n % stride === 0);
  return decades
    .flatMap((n) => digits.map((digit) => Number(`${digit}e${n}`)))
    .filter((value) => value >= low * (1 - 1e-9) && value <= high * (1 + 1e-9));
}

/** The finest of several ways to name values that names at most `most`. */
function logValues(low: number, high: number, most: number): number[] {
  const ways: readonly (readonly [digits: readonly number[], stride: number])[] = [
    [[1, 2, 3, 4, 5, 6, 7, 8, 9], 1],
    [[1, 2, 5], 1],
    [[1, 3], 1],
    ...Array.from({ length: 100 }, (_, i) => [[1], i + 1] as const),
  ];
  for (const [digits, stride] of ways) {
    const values = decadeValues(low, high, digits, stride);
    if (values.length > most) continue;
    // Within less than a decade hardly any of them may lie.
    return values.length < 3 && high < 10 * low ? evenValues(low, high, most) : values;
  }
  return [];
}

function named(values: readonly number[]): Tick[] {
  // Digits enough to tell neighbours apart: ticks at 0.12095 and 0.121 must not read the same.
  const largest = Math.max(...values.map(Math.abs));
  const gap = Math.min(...values.slice(1).map((value, i) => value - values[i]!));
  const digits = values.length < 2 ? 3 : Math.max(3, Math.ceil(Math.log10(largest / gap)) + 1);
  return values.map((value) => ({ value, text: shortNumber(value, Math.min(12, digits)) }));
}

/** Whether values differ by more than rounding. */
function differ(low: number, high: number): boolean {
  return high - low > 1e-9 * Math.max(Math.abs(low), Math.abs(high));
}

/** A logarithmic axis from `low` to `high`, both above 0. @param most the most values to name */
export function logAxis(low: number, high: number, most: number): Axis {
  const [from, to] = differ(low, high) ? [low, high] : [low / 2, low * 2];
  const [first, last] = [Math.log(from), Math.log(to)];
  return { place: (value) => (Math.log(value) - first) / (last - first), ticks: named(logValues(from, to, most)) };
}

/** An even axis that holds `low` and `high` and begins and ends a little beyond. @param most the most values to name */
export function evenAxis(low: number, high: number, most: number): Axis {
  const margin = differ(low, high) ? 0.04 * (high - low) : Math.abs(low) / 2 || 1;
  const [from, to] = [low >= 0 ? Math.max(0, low - margin) : low - margin, high + margin];
  return { place: (value) => (value - from) / (to - from), ticks: named(evenValues(from, to, most)) };
}

/** The axis with the names of whole numbers only. */
export function wholeAxis({ place, ticks }: Axis): Axis {
  return { place, ticks: ticks.filter(({ value }) => Number.isInteger(value)) };
}

/** Numbers as data files write them: decimal digits, nothing that JavaScript would take beside. */

const pattern = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,9})?$/;
const minus = 45;
const plus = 43;
const point = 46;

/** Powers of ten that float64 holds exactly, as far as needed here. */
const powers = Float64Array.from({ length: 16 }, (_, i) => Number(`1e${i}`));

/**
 * The number that stands between two places of a text; NaN if that is no decimal number such as `-1.5e-3` (no white
 * space, no hexadecimal, no words).
 *
 * @param from first character. Default 0.
 * @param to end, not included. Default: the end of the text.
 */
export function parseDecimal(text: string, from = 0, to: number = text.length): number {
  const sign = text.charCodeAt(from);
  const start = sign === minus || sign === plus ? from + 1 : from;
  // At most 15 digits: the digits as whole number and the power of ten are exact, so one division rounds correctly.
  if (to - start > 16) return parseLong(text, from, to);
  let digits = 0;
  let value = 0;
  let pointAt = -1;
  for (let i = start; i < to; i++) {
    const code = text.charCodeAt(i);
    if (code >= 48 && code <= 57) {
      value = value * 10 + (code - 48);
      digits++;
    } else if (code === point && pointAt < 0) pointAt = i;
    else return parseLong(text, from, to);
  }
  if (digits === 0) return Number.NaN;
  if (digits > 15) return parseLong(text, from, to);
  if (pointAt >= 0) value /= powers[to - pointAt - 1]!;
  return sign === minus ? -value : value;
}

function parseLong(text: string, from: number, to: number): number {
  const token = text.slice(from, to);
  return to - from <= 1024 && pattern.test(token) ? Number(token) : Number.NaN;
}

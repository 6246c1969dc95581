/** Numbers as tables show them, however small or large. */

/** Three digits; `-` for what is not defined. */
export function short(value: number | undefined): string {
  if (value === undefined || Number.isNaN(value)) return '-';
  return value !== 0 && Math.abs(value) < 1e-3 ? value.toExponential(2) : value.toPrecision(3);
}

/** 10^log in three digits: `1.10e-4123`; as a power where not even the exponent's digits are sure. */
export function powerOfTen(log: number): string {
  if (Number.isNaN(log)) return '-';
  if (log === Number.NEGATIVE_INFINITY) return '0';
  if (log === Number.POSITIVE_INFINITY) return 'Infinity';
  if (Math.abs(log) < 4) return short(10 ** log);
  if (Math.abs(log) > 1e12) return `10^${log.toPrecision(3)}`;
  let exponent = Math.floor(log);
  let digits = (10 ** (log - exponent)).toFixed(2);
  if (digits === '10.00') [digits, exponent] = ['1.00', exponent + 1];
  return `${digits}e${exponent < 0 ? '' : '+'}${exponent}`;
}

/** A whole number of any size: nine digits as they are, more in three. */
export function countText(count: bigint): string {
  const text = String(count);
  if (text.length <= 9) return text;
  return powerOfTen(Math.log10(Number(text.slice(0, 15))) + text.length - Math.min(15, text.length));
}

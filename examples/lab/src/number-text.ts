/** Numbers as people read them: a few digits, their unit, and bars with their sign. */
import type { Bar, Unit } from './experiment.js';

/** A number with so many significant digits, whole digits never rounded away. */
export function numberText(value: number, digits = 4): string {
  if (!Number.isFinite(value)) return String(value).replace('Infinity', '∞');
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e9)) {
    return value
      .toExponential(digits - 2)
      .replace(/\.?0+e/, 'e')
      .replace('e+', 'e');
  }
  const fraction = size === 0 ? 0 : digits - 1 - Math.floor(Math.log10(size));
  return value.toLocaleString('en-US', { maximumFractionDigits: Math.min(20, Math.max(0, fraction)) });
}

/** A number with its unit: `98.2 %`, `3 s`, `1.4×`. */
export function withUnit(text: string, unit: Unit = ''): string {
  if (unit === 'x') return `${text}×`;
  return unit === '' ? text : `${text} ${unit}`;
}

function limit(bar: Bar): number {
  return 'atLeast' in bar ? bar.atLeast : bar.atMost;
}

/** A bar: `≥ 97 %`. */
export function barText(bar: Bar, unit?: Unit): string {
  return `${'atLeast' in bar ? '≥' : '≤'} ${withUnit(numberText(limit(bar)), unit)}`;
}

/** A measured number, with digits enough to tell it from the bar. */
export function measuredText(measured: number, bar: Bar, unit?: Unit): string {
  let digits = 4;
  while (digits < 15 && measured !== limit(bar) && numberText(measured, digits) === numberText(limit(bar), digits))
    digits++;
  return withUnit(numberText(measured, digits), unit);
}

/** A duration: `0.32 s`, `12.4 s`, `3 min 20 s`. */
export function secondsText(seconds: number): string {
  if (seconds < 9.995) return `${seconds.toFixed(2)} s`;
  if (seconds < 99.95) return `${seconds.toFixed(1)} s`;
  return `${Math.floor(Math.round(seconds) / 60)} min ${Math.round(seconds) % 60} s`;
}

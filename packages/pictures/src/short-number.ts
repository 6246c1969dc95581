/** Numbers as pictures and tables show them. */

const suffixes = ['', ' k', ' M', ' G', ' T', ' P'];

/** A number in few letters, thousands as k, millions as M and so on: `200`, `1.5 k`, `0.012`, `3e-7`, `NaN`. */
export function shortNumber(value: number, digits = 3): string {
  if (!Number.isFinite(value)) return String(value);
  const rounded = Number(value.toPrecision(digits));
  const size = Math.abs(rounded);
  if (size !== 0 && (size < 1e-4 || size >= 1e18)) {
    return value
      .toExponential(digits - 1)
      .replace(/\.?0+e/, 'e')
      .replace('e+', 'e');
  }
  const group = size < 1000 ? 0 : Math.min(Math.floor(Math.log10(size) / 3 + 1e-12), suffixes.length - 1);
  return `${Number((rounded / 1000 ** group).toPrecision(digits))}${suffixes[group]}`;
}

/** The same with its unit: `200 B`, `1.5 kB`. */
export function quantity(value: number, unit: string): string {
  const text = shortNumber(value);
  return /[kMGTP]$/.test(text) ? text + unit : `${text} ${unit}`;
}

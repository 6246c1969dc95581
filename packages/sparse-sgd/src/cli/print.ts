/** Text, numbers and tables for terminals. */
import { shortNumber } from '../pictures/axis.js';

/** Writes text; done once the stream has taken it. */
export function print(text: string, stream: NodeJS.WritableStream = process.stdout): Promise<void> {
  return new Promise((done) => stream.write(text, () => done()));
}

/** Writes one value as JSON. */
export function printJson(value: unknown): Promise<void> {
  return print(`${JSON.stringify(value, null, 2)}\n`);
}

/** A line for people who wait. */
export function tell(text: string): Promise<void> {
  return print(`${text}\n`, process.stderr);
}

/** `200 B`, `1.5 kB`. */
export function quantity(value: number, unit: string): string {
  const text = shortNumber(value);
  return /[kMGTP]$/.test(text) ? text + unit : `${text} ${unit}`;
}

/** `97.4 %`. */
export function percent(share: number, digits = 1): string {
  return `${(100 * share).toFixed(digits)} %`;
}

/** `1 worker`, `2 workers`. */
export function counted(count: number, one: string): string {
  return `${count} ${one}${count === 1 ? '' : 's'}`;
}

/** Rows of cells under their titles: the first column to the left, the others, which are numbers, to the right. */
export function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [titles, ...rows];
  const widths = titles.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
  return all
    .map((row) =>
      row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!))).join('  '),
    )
    .map((line) => `${line.trimEnd()}\n`)
    .join('');
}

/** Tables for terminals, and the texts of their cells. */

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

/** `97.4 %`. */
export function percent(share: number, digits = 1): string {
  return `${(100 * share).toFixed(digits)} %`;
}

/** `1.23 ms`; `-` for what was not measured. */
export function milliseconds(time: number | undefined): string {
  return time === undefined ? '-' : `${time.toPrecision(3)} ms`;
}

/** `1 worker`, `2 workers`. */
export function counted(count: number, one: string): string {
  return `${count} ${one}${count === 1 ? '' : 's'}`;
}

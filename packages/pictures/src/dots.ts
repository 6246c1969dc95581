/** Drawing with characters: lines on a grid of dots, and eight dots as one braille character. */

/** Visits the dots of a line through places in the unit square, 0 0 at the lower left. Dots are counted from the upper left. */
export function traceLine(
  places: readonly (readonly [x: number, y: number])[],
  columns: number,
  rows: number,
  visit: (column: number, row: number) => void,
): void {
  const dots = places.map(([x, y]) => [Math.round(x * (columns - 1)), Math.round((1 - y) * (rows - 1))] as const);
  for (const [i, [column, row]] of dots.entries()) {
    const [fromColumn, fromRow] = dots[i - 1] ?? [column, row];
    const steps = Math.max(Math.abs(column - fromColumn), Math.abs(row - fromRow));
    if (i > 0 && steps === 0) continue;
    for (let step = i === 0 ? 0 : 1; step <= Math.max(steps, i === 0 ? 0 : 1); step++) {
      const share = steps === 0 ? 0 : step / steps;
      visit(fromColumn + Math.round(share * (column - fromColumn)), fromRow + Math.round(share * (row - fromRow)));
    }
  }
}

/** Bits of the dots of a braille character, [row][column]. */
const brailleBits = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80],
] as const;

/** Dots across and down a character. */
export const brailleSize = { columns: 2, rows: 4 } as const;

/** The bit of a dot in its braille character. */
export function brailleBit(column: number, row: number): number {
  return brailleBits[row % brailleSize.rows]![column % brailleSize.columns]!;
}

/** The character with these dots; a space for none. */
export function brailleText(bits: number): string {
  return bits === 0 ? ' ' : String.fromCharCode(0x2800 + bits);
}

/** Squares side by side, as few paths: one for each look. */

/** Where squares are. */
export interface SquareGrid {
  /** Upper left corner, in pixels of the picture. */
  readonly at: readonly [x: number, y: number];
  /** Of a square. */
  readonly size: number;
  /** Squares in a row. */
  readonly columns: number;
}

/** @param looks attributes of each square, row by row; undefined ones are left out */
export function squaresSvg({ at: [x, y], size, columns }: SquareGrid, looks: readonly (string | undefined)[]): string {
  const paths = new Map<string, string>();
  for (let start = 0, end = 1; start < looks.length; start = end++) {
    const look = looks[start];
    while (end < looks.length && looks[end] === look && end % columns !== 0) end++;
    if (look === undefined) continue;
    const [left, top] = [short(x + (start % columns) * size), short(y + Math.floor(start / columns) * size)];
    const across = short((end - start) * size);
    paths.set(look, `${paths.get(look) ?? ''}M${left} ${top}h${across}v${short(size)}h-${across}z`);
  }
  const drawn = [...paths].map(([look, d]) => `<path ${look} d="${d}"/>`);
  return `<g shape-rendering="crispEdges">${drawn.join('')}</g>`;
}

/** Pixels with two decimals. */
export function short(value: number): number {
  return Math.round(value * 100) / 100;
}

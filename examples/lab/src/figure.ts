/** Figures as plain data, and the makers that check them where an experiment makes them. */

/** A point of a chart. */
export type Point = readonly [x: number, y: number];

/** An axis of a chart. */
export interface Axis {
  readonly label: string;
  readonly log?: boolean;
  /** Names for x = 0, 1, 2, … in place of numbers. */
  readonly names?: readonly string[];
}

/** Points that belong together. */
export interface Series {
  readonly name: string;
  readonly points: readonly Point[];
  /** Draws the mean of so many neighbours over the thin line itself. */
  readonly smooth?: number;
  /** Default `'line'`. */
  readonly style?: 'line' | 'dots' | 'bars';
}

/** A horizontal line with a name, for a bar or a value of the paper. */
export interface Rule {
  readonly y: number;
  readonly label: string;
}

/** A chart of one or more series. */
export interface Chart {
  readonly kind: 'chart';
  readonly title: string;
  readonly caption?: string;
  readonly x: Axis;
  readonly y: Omit<Axis, 'names'>;
  readonly series: readonly Series[];
  readonly rules?: readonly Rule[];
}

/** Pixels by row, then column, then channel (grey, RGB or RGBA): bytes, or floats from 0 to 1. */
export interface Picture {
  readonly pixels: Uint8Array | Float32Array;
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3 | 4;
  readonly caption?: string;
  /** Marks it, as a wrong prediction. */
  readonly alert?: boolean;
  /** Screen pixels a pixel; by default small pictures grow to about 64, or 128 with up to 6 columns. */
  readonly scale?: number;
}

/** A sheet of pictures. */
export interface Pictures {
  readonly kind: 'pictures';
  readonly title: string;
  readonly caption?: string;
  /** Default: as many as fit. */
  readonly columns?: number;
  readonly items: readonly Picture[];
}

/** A cell of a table; numbers stand right. */
export type Cell = string | number;

/** A table. */
export interface Table {
  readonly kind: 'table';
  readonly title: string;
  readonly caption?: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

/** Any other drawing, as the text of one svg element; `currentColor` follows the page. */
export interface Svg {
  readonly kind: 'svg';
  readonly title: string;
  readonly caption?: string;
  readonly svg: string;
}

/** What an experiment can show. */
export type Figure = Chart | Pictures | Table | Svg;

function require(condition: boolean, maker: string, title: string, problem: string): void {
  if (!condition) throw new RangeError(`${maker} '${title}': ${problem}`);
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 1;
}

/** A chart; points that are not finite, or not positive on a logarithmic axis, are left out. */
export function chart(options: Omit<Chart, 'kind'>): Chart {
  const { title, series } = options;
  require(series.length > 0, 'chart', title, 'expected at least one series, got none');
  for (const { name, points, smooth } of series) {
    require(points.length > 0, 'chart', title, `series '${name}' has no points`);
    const window = smooth === undefined || isCount(smooth);
    require(window, 'chart', title, `smooth of '${name}' must be a whole number from 1, got ${smooth}`);
  }
  return { kind: 'chart', ...options };
}

/** A sheet of pictures. */
export function pictures(options: Omit<Pictures, 'kind'>): Pictures {
  const { title, items, columns } = options;
  const whole = columns === undefined || isCount(columns);
  require(whole, 'pictures', title, `columns must be a whole number from 1, got ${columns}`);
  items.forEach(({ pixels, width, height, channels }, i) => {
    const right = [1, 3, 4].includes(channels) && isCount(width) && isCount(height);
    const fits = right && pixels.length === width * height * channels;
    const size = `${width} x ${height} with ${channels} channels`;
    require(fits, 'pictures', title, `item ${i} says ${size}, but has ${pixels.length} values`);
  });
  return { kind: 'pictures', ...options };
}

/** A table. */
export function table(options: Omit<Table, 'kind'>): Table {
  const { title, head, rows } = options;
  rows.forEach((row, i) => {
    require(row.length === head.length, 'table', title, `row ${i} has ${row.length} cells, the head ${head.length}`);
  });
  return { kind: 'table', ...options };
}

/** A drawing of its own. */
export function svg(options: Omit<Svg, 'kind'>): Svg {
  require(/^\s*<svg[\s>]/.test(options.svg), 'svg', options.title, 'must be one svg element');
  return { kind: 'svg', ...options };
}

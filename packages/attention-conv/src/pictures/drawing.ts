/** What a picture of this package is made of, whatever draws it: shapes in pixels, with colours by their role. */

/** By role, so that it fits a light and a dark ground; the number of one of the series; or the same on both, as of an image. */
export type Color = 'paper' | 'ink' | 'soft' | 'line' | number | `#${string}`;

/** Pixels from the left and from the top. */
export type Place = readonly [x: number, y: number];

/** A square of a grid. */
export interface Cell {
  readonly color: Color;
  /** 0 to 1. */
  readonly opacity: number;
  /** What it says to those who point at it. */
  readonly tell?: string | undefined;
}

/** Squares side by side, row by row; undefined ones are left out. */
export interface Cells {
  readonly kind: 'cells';
  readonly at: Place;
  readonly size: number;
  readonly columns: number;
  readonly cells: readonly (Cell | undefined)[];
}

/** How an outline looks. */
interface Stroke {
  readonly color: Color;
  /** Default 1. */
  readonly width?: number | undefined;
  /** Lengths of dashes and gaps. Default: none. */
  readonly dash?: readonly number[] | undefined;
  readonly tell?: string | undefined;
}

/** Straight lines from place to place. */
export interface Line extends Stroke {
  readonly kind: 'line';
  readonly places: readonly Place[];
  /** Whether it goes back to its start. Default false. */
  readonly closed?: boolean | undefined;
}

/** An ellipse, outlined and filled with the same colour. */
export interface Ellipse extends Stroke {
  readonly kind: 'ellipse';
  readonly at: Place;
  /** Half axes. */
  readonly radii: readonly [number, number];
  /** Of the first half axis, clockwise from the right, in radians. Default 0. */
  readonly turn?: number | undefined;
  /** Opacity of its ground. Default 0. */
  readonly fill?: number | undefined;
}

/** One line of text. */
export interface Text {
  readonly kind: 'text';
  /** Its base line, at the anchor. */
  readonly at: Place;
  readonly text: string;
  readonly color: Color;
  /** Default 13. */
  readonly size?: number | undefined;
  /** Default false. */
  readonly bold?: boolean | undefined;
  /** Default start. */
  readonly anchor?: 'start' | 'middle' | 'end' | undefined;
}

/** Shapes of which only what lies in a rectangle is seen. */
export interface Clip {
  readonly kind: 'clip';
  readonly at: Place;
  readonly width: number;
  readonly height: number;
  readonly shapes: readonly Shape[];
}

export type Shape = Cells | Line | Ellipse | Text | Clip;

/** A picture. */
export interface Drawing {
  readonly width: number;
  readonly height: number;
  /** What it says to those who do not see it. */
  readonly spoken: string;
  readonly shapes: readonly Shape[];
}

/** A rectangle as a line. */
export function frame([x, y]: Place, width: number, height: number, stroke: Omit<Line, 'kind' | 'places'>): Line {
  const places: Place[] = [
    [x, y],
    [x + width, y],
    [x + width, y + height],
    [x, y + height],
  ];
  return { kind: 'line', places, closed: true, ...stroke };
}

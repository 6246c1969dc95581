/** What a chart of lines shows. */

/** Points that belong together, in their order. */
export interface Curve {
  readonly name: string;
  /** For bounds and the like. */
  readonly dashed: boolean;
  /** Finite; above 0 where an axis is logarithmic. */
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** The chart, whatever it is drawn with. */
export interface LineDrawing {
  readonly curves: readonly Curve[];
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  /** Whether the horizontal axis is logarithmic. */
  readonly logX: boolean;
  /** Whether the vertical axis is logarithmic. */
  readonly logY: boolean;
}

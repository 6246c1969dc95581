/** What a chart of lines shows. */

/** Points that belong together, in their order. */
export interface Curve {
  readonly name: string;
  /** For bounds and the like. */
  readonly dashed: boolean;
  /** Finite; above 0 where an axis is logarithmic. */
  readonly points: readonly (readonly [x: number, y: number])[];
  /** From where to where each point may lie, drawn as a band; like the points finite, and above 0 on a logarithmic axis. Default: no band. */
  readonly spread?: readonly (readonly [low: number, high: number])[] | undefined;
  /** Whether each point is but a bound from above, drawn hollow. Default: none is. */
  readonly hollow?: readonly boolean[] | undefined;
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
  /** Whether the horizontal axis counts, so that it names whole numbers only. Default false. */
  readonly wholeX?: boolean | undefined;
}

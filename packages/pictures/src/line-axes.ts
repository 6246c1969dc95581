/** The two axes of a chart of lines, around all that it draws. */
import { type Axis, evenAxis, logAxis, wholeAxis } from './axis.js';
import type { Curve, LineDrawing } from './line-drawing.js';

/** The least and the greatest of a coordinate of all points, with their spread. */
function extent(curves: readonly Curve[], coordinate: 0 | 1): [number, number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { points, spread = [] } of curves) {
    for (const value of [...points.map((point) => point[coordinate]), ...(coordinate === 1 ? spread.flat() : [])]) {
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  }
  return [low, high];
}

const nothing: Axis = { place: () => 0, ticks: [] };

/** The axes; without names where there is no point. @param most the most values that each may name */
export function lineAxes(
  { curves, logX, logY, wholeX = false }: LineDrawing,
  most: { readonly x: number; readonly y: number },
): [Axis, Axis] {
  const [low, high] = extent(curves, 1);
  if (low > high) return [nothing, nothing];
  // A margin, so that lines do not run along the frame.
  const margin = high ** 0.04 / low ** 0.04;
  const y = logY ? logAxis(low / margin, high * margin, most.y) : evenAxis(low, high, most.y);
  const x = (logX ? logAxis : evenAxis)(...extent(curves, 0), most.x);
  return [wholeX ? wholeAxis(x) : x, y];
}

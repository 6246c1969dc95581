/** A panel of heads as ellipses around the query's pixel, on the grid of pixels. */
import { type Ellipse, frame, type Line, type Place, type Shape } from './drawing.js';
import { headLook } from './head-look.js';
import type { HeadShape } from './head-shapes.js';
import { offsetText, type Panel } from './panels.js';

/** Shares of the largest weight, as in the paper's figures. */
export const levels = { inner: 0.4, outer: 0.1 } as const;

/** Deviations from the centre at which the weight is `level` of its largest: e^(-n^2 / 2) = level. */
function deviationsAt(level: number): number {
  return Math.sqrt(2 * Math.log(1 / level));
}

/** A radius that shows all centres and spreads, from 2 to 8. */
export function fittingRadius(shapes: readonly HeadShape[]): number {
  const reach = shapes.map(({ center = [], covariance: { rows, columns } }) => {
    const away = Math.max(0, ...center.map(Math.abs));
    return away + deviationsAt(levels.outer) * Math.sqrt(Math.max(rows, columns));
  });
  return Math.min(8, Math.max(2, Math.ceil(Math.max(0, ...reach) - 0.5)));
}

/** Half axes of one deviation, the longer first, and the direction of it, clockwise from the right. */
function axesOf({ rows, columns, both }: HeadShape['covariance']): { radii: [number, number]; turn: number } {
  const [middle, apart] = [(rows + columns) / 2, Math.hypot((columns - rows) / 2, both)];
  const radii: [number, number] = [Math.sqrt(middle + apart), Math.sqrt(Math.max(0, middle - apart))];
  return { radii, turn: Math.atan2(2 * both, columns - rows) / 2 };
}

function headEllipses({ head, center, covariance }: HeadShape, middle: Place, size: number): Shape[] {
  if (center === undefined) return [];
  const [row = 0, column = 0] = center;
  const at: Place = [middle[0] + column * size, middle[1] + row * size];
  const { radii, turn } = axesOf(covariance);
  const tell = `head ${head}: centre ${offsetText(center)}, deviations ${radii.map((r) => r.toPrecision(3)).join(' and ')} pixels`;
  const look = headLook(head);
  const ellipse = (level: number): Ellipse => {
    const times = deviationsAt(level) * size;
    return { kind: 'ellipse', at, radii: [radii[0] * times, radii[1] * times], turn, tell, ...look };
  };
  const [outer, inner] = [ellipse(levels.outer), ellipse(levels.inner)];
  return [
    { ...outer, width: 1.25 },
    { ...inner, width: 1.25, fill: 0.25 },
    { kind: 'ellipse', at, radii: [1.5, 1.5], color: look.color, fill: 1, tell },
  ];
}

/** The lines between pixels. */
function pixelGrid([x, y]: Place, extent: number, size: number): Line[] {
  const side = extent * size;
  return Array.from({ length: extent - 1 }, (_, i) => (i + 1) * size).flatMap((d): Line[] => [
    {
      kind: 'line',
      places: [
        [x + d, y],
        [x + d, y + side],
      ],
      color: 'line',
    },
    {
      kind: 'line',
      places: [
        [x, y + d],
        [x + side, y + d],
      ],
      color: 'line',
    },
  ]);
}

/** Heads of two axes: rows go down, columns to the right. */
export function ellipsesPanel(shapes: readonly HeadShape[], radius: number): Omit<Panel, 'name' | 'note'> {
  const extent = 2 * radius + 1;
  const size = Math.max(3, Math.floor(240 / extent));
  const side = extent * size;
  return {
    width: side,
    height: side,
    shapes: ([x, y]) => {
      const middle: Place = [x + side / 2, y + side / 2];
      const heads = shapes.flatMap((shape) => headEllipses(shape, middle, size));
      return [
        ...pixelGrid([x, y], extent, size),
        frame([x, y], side, side, { color: 'soft' }),
        frame([x + radius * size, y + radius * size], size, size, { color: 'ink', width: 1.5 }),
        { kind: 'clip', at: [x, y], width: side, height: side, shapes: heads },
      ];
    },
  };
}

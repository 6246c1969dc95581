/** The panels of attention on an image: the image, and each head's weights over what is left of it. */
import type { Axis } from '../layers/grid.js';
import { type Cell, frame, type Place, type Shape } from './drawing.js';
import { offsetText, type Panel } from './panels.js';
import { heat } from './weight-legend.js';

/** The grid of keys; a signal is an image of one row. */
export type Rectangle = readonly [rows: Axis, columns: Axis];

/** Everything that a panel needs. */
export interface Scene {
  /** Axes of the images. */
  readonly dims: number;
  readonly axes: Rectangle;
  /** Pixels across the image, without what padding adds. */
  readonly across: number;
  /** Of a key in the picture. */
  readonly size: number;
  /** Row and column of the query's pixel. */
  readonly center: readonly [row: number, column: number];
  /** The same among the keys, if it is there: queries of padded convolutions may stand beyond. */
  readonly query: Place | undefined;
}

/** @param at the query, along each axis of the images */
export function sceneOf(axes: Rectangle, dims: number, at: readonly number[], across: number): Scene {
  const [rows, columns] = axes;
  const size = Math.max(2, Math.min(24, Math.floor(176 / Math.max(rows.keys, columns.keys))));
  const [row, column] = dims === 1 ? [0, at[0] as number] : (at as [number, number]);
  const center = [row * rows.stride, column * columns.stride] as const;
  const [x, y] = [center[1] - columns.first, center[0] - rows.first];
  return { dims, axes, across, size, center, query: x < columns.keys && y < rows.keys ? [x, y] : undefined };
}

/** Keys in the picture: what `cells` show, where the image stands among them or all over, with a frame and the query. */
function keysPanel(
  scene: Scene,
  image: readonly Cell[],
  weights: readonly (Cell | undefined)[],
): Omit<Panel, 'name' | 'note'> {
  const { axes, across, size, query } = scene;
  const [rows, columns] = axes;
  const [width, height] = [columns.keys * size, rows.keys * size];
  return {
    width,
    height,
    shapes: ([x, y]): Shape[] => [
      { kind: 'cells', at: [x - columns.first * size, y - rows.first * size], size, columns: across, cells: image },
      { kind: 'cells', at: [x, y], size, columns: columns.keys, cells: weights },
      frame([x, y], width, height, { color: 'line' }),
      ...(query === undefined ? [] : queryMarks([x + query[0] * size, y + query[1] * size], size)),
    ],
  };
}

/** Around the pixel, dark and bright side by side: so it is seen on any image, and the pixel too. */
function queryMarks([x, y]: Place, size: number): Shape[] {
  const outline = (color: 'paper' | 'ink', width: number): Shape =>
    frame([x - 1, y - 1], size + 2, size + 2, { color, width });
  return [outline('paper', 4), outline('ink', 1.5)];
}

/** The image itself. */
export function picturePanel(scene: Scene, image: readonly Cell[]): Panel {
  const note = `${image.length / scene.across} x ${scene.across} pixels`;
  return { name: 'the image', note, ...keysPanel(scene, image, []) };
}

/** A head's weights. @param image faded */
export function headPanel(scene: Scene, head: number, weights: ArrayLike<number>, image: readonly Cell[]): Panel {
  const { axes, center, dims } = scene;
  const [rows, columns] = axes;
  let [most, place, all] = [0, 0, 0];
  for (let i = 0; i < weights.length; i++) {
    all += weights[i] as number;
    if ((weights[i] as number) > most) [most, place] = [weights[i] as number, i];
  }
  const row = Math.floor(place / columns.keys) + rows.first - center[0];
  const offset = [row, (place % columns.keys) + columns.first - center[1]].slice(-dims);
  const cells = Array.from(weights, (weight): Cell | undefined =>
    weight > most / 256 ? { color: heat, opacity: weight / most } : undefined,
  );
  const sink = all < 0.9995 ? `, sink ${(1 - all).toPrecision(2)}` : '';
  return {
    name: `head ${head}`,
    note: `${most.toPrecision(3)} at ${offsetText(offset)}${sink}`,
    ...keysPanel(scene, image, cells),
  };
}

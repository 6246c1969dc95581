/** Who sees whom in images of a size: a patch, or the whole image. */
import { OptionError, quote, requireCount, ShapeError } from '@saccade/tensor';
import {
  globalNeighbourhood,
  localNeighbourhood,
  type Neighbourhood,
  type NeighbourhoodShape,
} from './neighbourhood.js';

/** How it is asked for: by one of these. */
export interface SightOptions {
  readonly patch?: number | undefined;
  readonly size?: number | readonly [height: number, width: number] | undefined;
  readonly maxSize?: number | undefined;
  readonly neighbourhood?: NeighbourhoodShape | undefined;
}

/** Longest side of images to whole of which pixels attend: of longer ones, the scores of a pixel are more than anybody wants. */
const maxSide = 256;

/** Who sees whom. */
export interface Sight {
  /** The options, as they were given. */
  readonly options: SightOptions;
  /** In images of these sides. @throws {ShapeError} for sides that the layer was not built for */
  neighbourhood(height: number, width: number): Neighbourhood;
}

/** @throws {OptionError} unless it is exactly one of a patch, a size and a largest size, each of whole numbers from 1 */
export function sightOf(op: string, { patch, size, maxSize, neighbourhood }: SightOptions): Sight {
  const given = Object.entries({ patch, size, maxSize }).filter(([, value]) => value !== undefined);
  if (given.length !== 1) {
    const got = given.length === 0 ? 'none' : given.map(([name]) => name).join(' and ');
    throw new OptionError(`${op}: expected one of patch, size and maxSize, got ${got}`);
  }
  if (patch !== undefined) {
    const local = localNeighbourhood(op, patch, neighbourhood ?? 'square');
    return { options: { patch, neighbourhood: neighbourhood ?? 'square' }, neighbourhood: () => local };
  }
  if (neighbourhood !== undefined) {
    throw new OptionError(`${op}: neighbourhood is the form of a patch, got ${quote(neighbourhood)} without one`);
  }
  return size === undefined ? upTo(op, requireCount(op, 'maxSize', maxSize as number, 1, maxSide)) : exactly(op, size);
}

function exactly(op: string, size: number | readonly [number, number]): Sight {
  const [height, width] = sidesOf(op, size);
  for (const side of [height, width]) requireCount(op, 'size', side, 1, maxSide);
  const all = globalNeighbourhood(height, width, Math.max(height, width));
  return {
    options: { size },
    neighbourhood(rows, columns) {
      if (rows === height && columns === width) return all;
      throw new ShapeError(
        `${op}: built for images of ${height} x ${width}, got ${rows} x ${columns}; maxSize takes smaller ones too`,
      );
    },
  };
}

function upTo(op: string, maxSize: number): Sight {
  return {
    options: { maxSize },
    neighbourhood(rows, columns) {
      if (Math.max(rows, columns) <= maxSize) return globalNeighbourhood(rows, columns, maxSize);
      throw new ShapeError(`${op}: built for images of sides up to ${maxSize}, got ${rows} x ${columns}`);
    },
  };
}

/** One side, or two. @throws {OptionError} unless whole numbers from 1 */
export function sidesOf(
  op: string,
  size: number | readonly [height: number, width: number],
): readonly [number, number] {
  const [height, width, ...more] = typeof size === 'number' ? [size, size] : Array.isArray(size) ? size : [];
  if (more.length > 0) throw new OptionError(`${op}: size must be a side, or [height, width], got ${quote(size)}`);
  requireCount(op, 'size', height as number);
  return [height as number, requireCount(op, 'size', width as number)];
}

/** Where keys and queries stand along each axis of an image, and the offsets between them. */
import { type Device, type Tensor, tensor } from '@saccade/tensor';

/** One axis of the grid. */
export interface Axis {
  /** Keys stand at first, first + 1, ...; the image's own pixels at 0, 1, .... Below 0 where the image was extended. */
  readonly first: number;
  readonly keys: number;
  /** Queries stand at 0, stride, 2 stride, .... */
  readonly stride: number;
  readonly queries: number;
}

/** The offsets key - query that occur along an axis: low, low + 1, ..., low + count - 1. */
export interface Offsets {
  readonly low: number;
  readonly count: number;
}

export function offsetsOf({ first, keys, stride, queries }: Axis): Offsets {
  const low = first - (queries - 1) * stride;
  return { low, count: first + keys - low };
}

/** Keys around one query: all offsets from -radius to radius. */
export function around(radius: number): Axis {
  return { first: -radius, keys: 2 * radius + 1, stride: 1, queries: 1 };
}

/** The product of what `count` tells of each axis. */
export function total(axes: readonly Axis[], count: (axis: Axis) => number): number {
  return axes.reduce((product, axis) => product * count(axis), 1);
}

export const keysOf = ({ keys }: Axis): number => keys;
export const queriesOf = ({ queries }: Axis): number => queries;

/** For each query and key of an axis the place of their offset among `offsetsOf(axis)`: [queries, keys], int32. */
export function offsetPlaces(axis: Axis, device: Device): Tensor {
  const { keys, queries, stride, first } = axis;
  const { low } = offsetsOf(axis);
  const places = Int32Array.from({ length: queries * keys }, (_, i) => {
    const query = Math.floor(i / keys);
    return first + (i - query * keys) - query * stride - low;
  });
  return tensor(places, { device }).reshape([queries, keys]);
}

/**
 * For the queries [from, to) of the whole grid, row by row, and all its keys, the place of their offset in the table of all
 * offsets of all axes: [to - from, keys], int32.
 */
export function jointPlaces(axes: readonly Axis[], from: number, to: number, device: Device): Tensor {
  const offsets = axes.map(offsetsOf);
  const keys = keyPlaces(axes, offsets);
  const places = new Int32Array((to - from) * keys.length);
  for (let query = from; query < to; query++) {
    // An offset's place is that of the key less that of the query.
    const shift = queryPlace(query, axes, offsets);
    places.set(
      keys.map((key) => key - shift),
      (query - from) * keys.length,
    );
  }
  return tensor(places, { device }).reshape([to - from, keys.length]);
}

/** Where the offset of each key from a query at the grid's far end, less that query's own part, stands in the table. */
function keyPlaces(axes: readonly Axis[], offsets: readonly Offsets[]): Int32Array {
  let places = Int32Array.of(0);
  for (const [i, { first, keys }] of axes.entries()) {
    const { low, count } = offsets[i] as Offsets;
    const before = places;
    places = new Int32Array(before.length * keys);
    for (let j = 0; j < places.length; j++) {
      const outer = Math.floor(j / keys);
      places[j] = (before[outer] as number) * count + first - low + (j - outer * keys);
    }
  }
  return places;
}

function queryPlace(query: number, axes: readonly Axis[], offsets: readonly Offsets[]): number {
  let [rest, place, size] = [query, 0, 1];
  for (let i = axes.length - 1; i >= 0; i--) {
    const { queries, stride } = axes[i] as Axis;
    place += (rest % queries) * stride * size;
    rest = Math.floor(rest / queries);
    size *= (offsets[i] as Offsets).count;
  }
  return place;
}

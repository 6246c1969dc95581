/** What a thread keeps in its scratch, and where: the fields of assembly/call.ts, in its order. */
import type { GroupAttentionSizes } from '../kernels/table.js';

/** Lanes, planes and fields, as in assembly/call.ts. */
export interface Layout {
  /** In how many images the lanes are, 1 or 4, and in how many columns. */
  readonly images: number;
  readonly wide: number;
  /** Bytes: from column to column of a plane, before column 0, from row to row, from plane to plane. */
  readonly columnBytes: number;
  readonly margin: number;
  readonly rowBytes: number;
  readonly plane: number;
  /** Byte offsets of the fields, and the size of all. */
  readonly places: readonly number[];
  readonly bytes: number;
}

/** Items that there should be to share, at least. */
export const ITEMS = 8;

/** Where rows are no multiple of four wide, lanes across images waste less, if there are images enough. */
function imagesOf({ batch, heads, width }: GroupAttentionSizes): number {
  const groups = Math.ceil(batch / 4);
  return groups * heads >= ITEMS && 4 * groups * width < batch * 4 * Math.ceil(width / 4) ? 4 : 1;
}

/** @param band rows of an item, by default all @param withGradient whether the fields of the gradients are needed */
export function layoutOf(sizes: GroupAttentionSizes, withGradient: boolean, band: number = sizes.height): Layout {
  const { height, width, above, below } = sizes;
  const images = imagesOf(sizes);
  const margin = 16;
  const rowBytes = images === 4 ? 16 * width : 16 * Math.ceil(width / 4) + 2 * margin;
  // An odd number of cache lines, so that channels of a pixel do not meet in one place of the cache.
  const lines = Math.ceil((margin + Math.min(height, band + above + below) * rowBytes) / 64);
  const plane = 64 * (lines + 1 - (lines % 2));
  const places: number[] = [];
  let bytes = 0;
  for (const size of fieldBytes(sizes, plane, withGradient)) {
    places.push(bytes);
    bytes += 64 * Math.ceil(size / 64);
  }
  return { images, wide: 4 / images, columnBytes: 4 * images, margin, rowBytes, plane, places, bytes };
}

function fieldBytes(sizes: GroupAttentionSizes, plane: number, withGradient: boolean): number[] {
  const { outputs, queries, keys, dims, groupDims, rows, columns, entries, offsets, pairs, dropout } = sizes;
  const mid = 2 * dims + groupDims;
  const near = 2 * Math.ceil(Math.min(offsets, sizes.height * (sizes.width + 3)) / 2);
  const grad = withGradient ? 1 : 0;
  const planes = keys * mid * plane;
  const places = keys * near;
  const dropped = dropout === undefined ? 0 : 16;
  const encodings = 16 * (rows + columns + entries + 1);
  return [
    ...[planes, planes, grad * planes, grad * planes],
    ...[queries, grad * queries, outputs].map((count) => 16 * mid * count),
    ...[4 * offsets, 8 * pairs, 4 * queries * keys * outputs, 4 * offsets * outputs],
    ...[4 * near, 4 * near, 4 * near, 16 * near, 4],
    ...[16 * queries * places, grad * 16 * queries * places, 16 * places],
    ...[16 * queries, grad * 16 * outputs],
    ...[16 * places * outputs, grad * 16 * places * outputs],
    ...[encodings, grad * encodings, 16 * pairs, grad * 16 * pairs],
    ...[16 * near * outputs, grad * 16 * near * outputs],
    ...[16 * keys * outputs, 16 * keys * outputs, grad * 16 * keys * outputs, 16 * outputs],
    ...[dropped * places * outputs, dropped * 8 * (dropout?.blocks ?? 0)],
    grad * 16 * ((rows + columns) * dims + entries * groupDims),
  ];
}

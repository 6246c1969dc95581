/** How an image is made small in bands: how many rows are held and worked on at once, and the memory that this takes. */

/** How much is done at once. */
export interface BandPlan {
  /** [height, width] of the small picture. */
  readonly size: readonly [height: number, width: number];
  /** Rows of the small picture that are made at once, a power of two. */
  readonly rows: number;
  /** Rows of the small picture whose columns are made together. */
  readonly group: number;
  /** Rows of the image that are held for `rows`. */
  readonly held: number;
  /** Rows of the image that are asked for at once. */
  readonly tileRows: number;
  /** Numbers of a row of the image that are mixed at once: a multiple of 64. */
  readonly block: number;
  /** Bytes of all arrays and tensors at their most, if pixels have that many bytes a number. */
  bytes(sampleBytes: number): number;
}

/** Bytes of the image's rows that are held, of those asked for at once, and of those mixed at once. */
export interface BandLimits {
  readonly held: number;
  readonly tile: number;
  readonly block: number;
}

const defaultLimits: BandLimits = { held: 2 ** 24, tile: 2 ** 22, block: 2 ** 23 };
/** Kernels work on 64 numbers at a time; blocks of whole ones get the same results as the whole. */
const lanes = 64;
/** The columns of so many rows of the small picture, or a multiple, are mixed together, for the same reason. */
const columnRows = 4;

/** Plans the bands of an image. Limits give way where one row of the small picture needs more. */
export function planBands(
  image: { readonly height: number; readonly width: number; readonly channels: number },
  size: readonly [height: number, width: number],
  limits: BandLimits = defaultLimits,
): BandPlan {
  const inner = image.width * image.channels;
  const step = image.height / size[0];
  const heldFor = (rows: number): number => Math.min(image.height, Math.ceil((rows + 1) * Math.max(step, 1)) + 1);
  let rows = 16;
  while (rows > 1 && heldFor(rows) * inner > limits.held) rows /= 2;
  const held = heldFor(rows);
  const tileRows = Math.min(held, Math.max(1, Math.floor(limits.tile / inner)));
  const block = Math.min(
    Math.ceil(inner / lanes) * lanes,
    Math.max(1, Math.floor(limits.block / held / 4 / lanes)) * lanes,
  );
  const group = Math.max(rows, columnRows);
  return {
    size,
    rows,
    group,
    held,
    tileRows,
    block,
    bytes: (sampleBytes) =>
      (held + tileRows) * inner * sampleBytes + // rows, and a tile on its way to them
      2 * held * block * 4 + // a block, here and on the device
      group * (inner + 3 * inner) * 4 + // rows of the small picture with all their columns, and turned for the columns
      4 * group * size[1] * image.channels * 4,
  };
}

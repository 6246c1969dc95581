/** A PNG writer for tests: 8-bit samples of every colour type, all five filters. */
import { crc32, deflateSync } from 'node:zlib';

export const pngSignature: Uint8Array = Uint8Array.of(137, 80, 78, 71, 13, 10, 26, 10);

/** One chunk with its checksum. */
export function chunk(type: string, body: Uint8Array): Buffer {
  const out = Buffer.alloc(12 + body.length);
  out.writeUInt32BE(body.length);
  out.write(type, 4, 'latin1');
  out.set(body, 8);
  out.writeUInt32BE(crc32(out.subarray(4, 8 + body.length)), 8 + body.length);
  return out;
}

export function headerBody(width: number, height: number, depth: number, colorType: number, interlace = 0): Buffer {
  const out = Buffer.alloc(13);
  out.writeUInt32BE(width);
  out.writeUInt32BE(height, 4);
  out.set([depth, colorType, 0, 0, interlace], 8);
  return out;
}

function predicted(filter: number, left: number, above: number, corner: number): number {
  if (filter === 1) return left;
  if (filter === 2) return above;
  if (filter === 3) return (left + above) >> 1;
  if (filter === 0) return 0;
  const [byLeft, byAbove, byCorner] = [left, above, corner].map((value) => Math.abs(left + above - corner - value)) as [
    number,
    number,
    number,
  ];
  return byLeft <= byAbove && byLeft <= byCorner ? left : byAbove <= byCorner ? above : corner;
}

/** The filter's number and the differences of a row. */
export function filtered(filter: number, row: Uint8Array, above: Uint8Array, step: number): Uint8Array {
  const out = new Uint8Array(row.length + 1);
  out[0] = filter;
  for (let i = 0; i < row.length; i++) {
    const [left, corner] = i < step ? [0, 0] : [row[i - step]!, above[i - step]!];
    out[i + 1] = row[i]! - predicted(filter, left, above[i]!, corner);
  }
  return out;
}

/** What to write. */
export interface PngPlan {
  readonly width: number;
  readonly height: number;
  /** 0 grey, 2 RGB, 3 palette, 4 grey and alpha, 6 RGBA. */
  readonly colorType: number;
  readonly samples: Uint8Array;
  readonly palette?: Uint8Array;
  /** Instead of the right header. */
  readonly header?: Uint8Array;
  /** Instead of the right data. */
  readonly data?: Uint8Array;
}

const samplesOf: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

/** The rows before compression, filter by filter. */
export function filteredRows({ width, height, colorType, samples }: PngPlan): Uint8Array {
  const step = samplesOf[colorType]!;
  const rows: Uint8Array[] = [];
  let above = new Uint8Array(width * step);
  for (let y = 0; y < height; y++) {
    const row = samples.slice(y * width * step, (y + 1) * width * step);
    rows.push(filtered(y % 5, row, above, step));
    above = row;
  }
  return Buffer.concat(rows);
}

/** The whole file, with a text chunk, and its data in two. */
export function writePng(plan: PngPlan): Buffer {
  const { width, height, colorType, palette } = plan;
  const data = plan.data ?? deflateSync(filteredRows(plan));
  const cut = data.length >> 1;
  return Buffer.concat([
    pngSignature,
    chunk('IHDR', plan.header ?? headerBody(width, height, 8, colorType)),
    chunk('tEXt', Buffer.from('Title\0test')),
    ...(palette === undefined ? [] : [chunk('PLTE', palette)]),
    chunk('IDAT', data.subarray(0, cut)),
    chunk('IDAT', data.subarray(cut)),
    chunk('IEND', new Uint8Array(0)),
  ]);
}

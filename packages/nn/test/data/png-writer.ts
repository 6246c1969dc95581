/** A PNG writer for tests: every colour type and depth, all five filters, interlaced or not, and broken on demand. */
import { crc32, deflateSync } from 'node:zlib';
import type { Random } from './support.js';

/** What to write. */
export interface PngPlan {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  readonly colorType: number;
  /** Row-major, channels together, each below 2^depth. */
  readonly samples: readonly number[];
  readonly interlaced?: boolean;
  /** Colours of three bytes. */
  readonly palette?: readonly number[];
  readonly transparency?: readonly number[];
  /** Chooses filters and where the data is cut into chunks. */
  readonly random: Random;
}

export const samplesOf: Record<number, number> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

/** One chunk with its checksum. */
export function chunk(type: string, body: Uint8Array): Buffer {
  const out = Buffer.alloc(12 + body.length);
  out.writeUInt32BE(body.length);
  out.write(type, 4, 'latin1');
  out.set(body, 8);
  out.writeUInt32BE(crc32(out.subarray(4, 8 + body.length)), 8 + body.length);
  return out;
}

export const signature: Uint8Array = Uint8Array.of(137, 80, 78, 71, 13, 10, 26, 10);

export function headerBody(width: number, height: number, depth: number, colorType: number, interlace = 0): Buffer {
  const out = Buffer.alloc(13);
  out.writeUInt32BE(width);
  out.writeUInt32BE(height, 4);
  out.set([depth, colorType, 0, 0, interlace], 8);
  return out;
}

/** The packed bytes of one line of samples. */
function pack(samples: readonly number[], depth: number): Uint8Array {
  const out = new Uint8Array(Math.ceil((samples.length * depth) / 8));
  for (const [i, sample] of samples.entries()) {
    if (depth === 16) out.set([sample >> 8, sample & 255], 2 * i);
    else out[(i * depth) >> 3]! |= sample << (8 - depth - ((i * depth) & 7));
  }
  return out;
}

function paeth(a: number, b: number, c: number): number {
  const [pa, pb, pc] = [Math.abs(b - c), Math.abs(a - c), Math.abs(a + b - 2 * c)];
  return pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
}

function filtered(line: Uint8Array, above: Uint8Array, step: number, filter: number): number[] {
  return [
    filter,
    ...Array.from(line, (value, i) => {
      const [a, b, c] = [line[i - step] ?? 0, above[i] ?? 0, i < step ? 0 : (above[i - step] ?? 0)];
      const predicted = [0, a, b, (a + b) >> 1, paeth(a, b, c)][filter]!;
      return (value - predicted) & 255;
    }),
  ];
}

const passes = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

/** The lines before compression. */
export function rawLines({ width, height, depth, colorType, samples, interlaced, random }: PngPlan): Buffer {
  const channels = samplesOf[colorType]!;
  const step = Math.max(1, (channels * depth) >> 3);
  const bytes: number[] = [];
  for (const [x0, y0, stepX, stepY] of interlaced ? passes : [[0, 0, 1, 1] as const]) {
    let above: Uint8Array = new Uint8Array(0);
    for (let y = y0; y < height; y += stepY) {
      const line: number[] = [];
      for (let x = x0; x < width; x += stepX) {
        const at = (y * width + x) * channels;
        line.push(...samples.slice(at, at + channels));
      }
      if (line.length === 0) continue;
      const packed = pack(line, depth);
      bytes.push(...filtered(packed, above, step, random(5)));
      above = packed;
    }
  }
  return Buffer.from(bytes);
}

/** The whole file, with a text chunk in between; `lines` replaces the data. */
export function writePng(plan: PngPlan, lines: Uint8Array = rawLines(plan)): Buffer {
  const { width, height, depth, colorType, interlaced, palette, transparency, random } = plan;
  const data = deflateSync(lines);
  const cut = random(data.length);
  return Buffer.concat([
    signature,
    chunk('IHDR', headerBody(width, height, depth, colorType, interlaced ? 1 : 0)),
    chunk('tEXt', Buffer.from('Title\0test')),
    ...(palette === undefined ? [] : [chunk('PLTE', Uint8Array.from(palette))]),
    ...(transparency === undefined ? [] : [chunk('tRNS', Uint8Array.from(transparency))]),
    chunk('IDAT', data.subarray(0, cut)),
    chunk('IDAT', data.subarray(cut)),
    chunk('IEND', new Uint8Array(0)),
  ]);
}

/** Interlaced PNGs with several pixels in a byte: each of the seven passes is handed to the decoder as an image of its own. */

/** Which pixels a pass holds: from (x, y) on, every stepX-th of every stepY-th line. */
export interface PngPass {
  readonly x: number;
  readonly y: number;
  readonly stepX: number;
  readonly stepY: number;
  /** Pixels of the pass; 0 for small images. */
  readonly width: number;
  readonly height: number;
  /** Bytes of its lines, each with its filter byte. */
  readonly bytes: number;
}

const adam7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

/**
 * The passes of an image, in the order of the file; one that holds all if it is not interlaced.
 *
 * @param bits bits of a pixel
 */
export function pngPasses(width: number, height: number, bits: number, interlaced: boolean): PngPass[] {
  return (interlaced ? adam7 : [[0, 0, 1, 1] as const]).map(([x, y, stepX, stepY]) => {
    const columns = Math.max(0, Math.ceil((width - x) / stepX));
    const rows = columns === 0 ? 0 : Math.max(0, Math.ceil((height - y) / stepY));
    const bytes = rows * (1 + Math.ceil((columns * bits) / 8));
    return { x, y, stepX, stepY, width: columns, height: rows, bytes };
  });
}

const maxStored = 65_535;

/** The zlib format around bytes that are not compressed; its checksum is left 0. */
function stored(bytes: Uint8Array): Uint8Array {
  const blocks = Math.max(1, Math.ceil(bytes.length / maxStored));
  const out = new Uint8Array(2 + 5 * blocks + bytes.length + 4);
  out.set([0x78, 0x01]);
  for (let block = 0, at = 2; block < blocks; block++) {
    const piece = bytes.subarray(block * maxStored, (block + 1) * maxStored);
    const [low, high] = [piece.length & 255, piece.length >> 8];
    out.set([block === blocks - 1 ? 1 : 0, low, high, low ^ 255, high ^ 255], at);
    out.set(piece, at + 5);
    at += 5 + piece.length;
  }
  return out;
}

function chunk(type: string, body: Uint8Array): Uint8Array {
  const out = new Uint8Array(12 + body.length);
  new DataView(out.buffer).setUint32(0, body.length);
  for (let i = 0; i < 4; i++) out[4 + i] = type.charCodeAt(i);
  out.set(body, 8);
  return out;
}

/**
 * A pass as a file that is not interlaced. Its checksums are left 0.
 *
 * @param header the 13 bytes of the image's own header
 * @param lines the lines of the pass, not compressed
 */
export function passAsPng(header: Uint8Array, { width, height }: PngPass, lines: Uint8Array): Uint8Array[] {
  const own = new Uint8Array(header);
  const view = new DataView(own.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  own[12] = 0;
  const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
  return [signature, chunk('IHDR', own), chunk('IDAT', stored(lines)), chunk('IEND', new Uint8Array(0))];
}

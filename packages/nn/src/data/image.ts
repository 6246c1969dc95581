/** Images from files, alike in Node and browsers: pixels of 8 bits with 1, 3 or 4 channels. */
import {
  checkOptions,
  FormatError,
  type OpenOptions,
  OptionError,
  quote,
  requireCount,
  SaccadeError,
} from '@saccade/tensor';
import { type ImageHeader, imageHeader } from './image-header.js';
import { decodePng, type Pixels } from './png.js';

/** Channels of a decoded image: grey; red, green, blue; red, green, blue, alpha. */
export type ImageChannels = 1 | 3 | 4;

/** A decoded image. */
export interface DecodedImage {
  readonly width: number;
  readonly height: number;
  readonly channels: ImageChannels;
  /** [height, width, channels], row-major, 0 to 255. Alpha is not multiplied into the colours. */
  readonly data: Uint8Array;
}

/** Options of {@link decodeImage}. */
export interface DecodeImageOptions extends OpenOptions {
  /** Default: 3. Grey is Rec. 601 luma, 0.299 red + 0.587 green + 0.114 blue; alpha is dropped, or 255 where there is none. */
  readonly channels?: ImageChannels | undefined;
  /** Pixels that an image may have. Default: 2^28. */
  readonly maxPixels?: number | undefined;
}

/** Pixels with the channels asked for. */
function withChannels({ width, height, channels: from, data }: Pixels, to: ImageChannels): DecodedImage {
  if (from === to) return { width, height, channels: to, data };
  const out = new Uint8Array(width * height * to);
  const isGrey = from < 3;
  const hasAlpha = from === 2 || from === 4;
  for (let read = 0, write = 0; read < data.length; read += from, write += to) {
    const red = data[read]!;
    const green = isGrey ? red : data[read + 1]!;
    const blue = isGrey ? red : data[read + 2]!;
    if (to === 1) out[write] = Math.floor((299 * red + 587 * green + 114 * blue + 500) / 1000);
    else {
      out[write] = red;
      out[write + 1] = green;
      out[write + 2] = blue;
      if (to === 4) out[write + 3] = hasAlpha ? data[read + from - 1]! : 255;
    }
  }
  return { width, height, channels: to, data: out };
}

function checkSize({ width = 0, height = 0, format }: ImageHeader, maxPixels: number, op: string): void {
  if (width * height > maxPixels) {
    throw new FormatError(`${op}: expected a ${format} of at most ${maxPixels} pixels, got ${width} x ${height}`);
  }
}

/** What the browser makes of an image, without colour conversion. */
async function decodeInBrowser(bytes: Uint8Array, maxPixels: number, format: string, op: string): Promise<Pixels> {
  const blob = new Blob([bytes as Uint8Array<ArrayBuffer>]);
  const bitmap = await createImageBitmap(blob, { premultiplyAlpha: 'none', colorSpaceConversion: 'none' }).catch(
    (cause: unknown) => {
      throw new FormatError(`${op}: expected an image, got one (${format}) that this browser cannot decode`, { cause });
    },
  );
  try {
    const { width, height } = bitmap;
    checkSize({ format: 'unknown', width, height }, maxPixels, op);
    const context = new OffscreenCanvas(width, height).getContext('2d');
    if (context === null) throw new FormatError(`${op}: this browser has no canvas of ${width} x ${height}`);
    context.drawImage(bitmap, 0, 0);
    return { width, height, channels: 4, data: new Uint8Array(context.getImageData(0, 0, width, height).data.buffer) };
  } finally {
    bitmap.close();
  }
}

async function bytesOf(blob: Blob, op: string): Promise<Uint8Array> {
  const buffer = await blob.arrayBuffer().catch((cause: unknown) => {
    throw new SaccadeError('io', `${op}: cannot be read (${(cause as Error).message})`, { cause });
  });
  return new Uint8Array(buffer);
}

const canBrowse = (): boolean => typeof createImageBitmap === 'function' && typeof OffscreenCanvas === 'function';

/**
 * Decodes an image under the name that its errors bear.
 *
 * @param op operation and file
 */
export async function decodeNamed(
  op: string,
  source: Uint8Array | Blob,
  { channels = 3, maxPixels = 2 ** 28, signal }: DecodeImageOptions,
): Promise<DecodedImage> {
  if (!(source instanceof Uint8Array) && !(typeof Blob !== 'undefined' && source instanceof Blob)) {
    throw new OptionError(`${op}: expected a Uint8Array or Blob, got ${quote(source)}`);
  }
  if (![1, 3, 4].includes(channels)) throw new OptionError(`${op}: channels must be 1, 3 or 4, got ${quote(channels)}`);
  requireCount(op, 'maxPixels', maxPixels, 1);
  signal?.throwIfAborted();
  const bytes = source instanceof Uint8Array ? source : await bytesOf(source, op);
  const header = imageHeader(bytes);
  checkSize(header, maxPixels, op);
  let pixels: Pixels;
  if (canBrowse()) pixels = await decodeInBrowser(bytes, maxPixels, header.format, op);
  else if (header.format === 'PNG') pixels = await decodePng(bytes, op);
  else {
    const got = header.format === 'unknown' ? 'bytes of an unknown format' : `a ${header.format}`;
    throw new FormatError(
      `${op}: expected a PNG, got ${got}; outside of browsers only PNG is read: convert the file first`,
    );
  }
  signal?.throwIfAborted();
  return withChannels(pixels, channels);
}

/**
 * Decodes an image file. In browsers every format that the browser knows, by its own decoder (which loses the colour
 * of wholly transparent pixels, and may round 16-bit samples to the other side); elsewhere PNG, interlaced ones from 8 bits
 * a sample on.
 *
 * @param source the file's bytes, or a File or Blob
 * @param options `channels`: 1, 3 or 4, default 3; `maxPixels`, default 2^28, checked before decoding; `signal`
 * @throws {FormatError} if the file is damaged, too large, or of a format that is not read on this host
 * @throws {OptionError} for options that do not fit
 */
export async function decodeImage(source: Uint8Array | Blob, options: DecodeImageOptions = {}): Promise<DecodedImage> {
  const names = ['channels', 'maxPixels', 'signal'] as const;
  return decodeNamed('decodeImage', source, checkOptions('decodeImage', options, names));
}

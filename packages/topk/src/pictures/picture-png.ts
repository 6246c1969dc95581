/** Pictures as PNG files, alike in Node and browsers. */
import { OptionError } from '@saccade/tensor';
import type { Picture } from './picture.js';
import { type OverlayInput, type OverlayOptions, scoreOverlay } from './score-overlay.js';

/** A picture as the bytes of a PNG, without alpha where all of it is opaque. @throws {OptionError} for what is no picture */
export async function picturePng(picture: Picture): Promise<Uint8Array> {
  const { width, height, data } = Object(picture) as Picture;
  if (!(data instanceof Uint8ClampedArray) || data.length !== 4 * width * height || data.length === 0) {
    throw new OptionError('picturePng: expected a picture { width, height, data } of red, green, blue and alpha');
  }
  const { encode } = await import('fast-png');
  let isOpaque = true;
  for (let i = 3; i < data.length; i += 4) isOpaque &&= data[i] === 255;
  if (!isOpaque) return encode({ width, height, channels: 4, depth: 8, data });
  const opaque = new Uint8Array(3 * width * height);
  for (let i = 0; i < width * height; i++) opaque.set(data.subarray(4 * i, 4 * i + 3), 3 * i);
  return encode({ width, height, channels: 3, depth: 8, data: opaque });
}

/** A picture as the address of a PNG, for `<img src>` and `<image href>`. @throws {OptionError} for what is no picture */
export async function pictureAddress(picture: Picture): Promise<string> {
  const bytes = await picturePng(picture);
  let binary = '';
  for (let i = 0; i < bytes.length; i += 4096) binary += String.fromCharCode(...bytes.subarray(i, i + 4096));
  return `data:image/png;base64,${btoa(binary)}`;
}

/** {@link scoreOverlay} as the bytes of a PNG. @throws as it does */
export async function overlayPng(input: OverlayInput, options: OverlayOptions = {}): Promise<Uint8Array> {
  return picturePng(scoreOverlay(input, options));
}

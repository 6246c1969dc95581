/** What stands around an image, for queries that look beyond its edge. */
import { OptionError, pad, quote, type Tensor } from '@saccade/tensor';

/** How an image is extended: by zeros or by its own values, as `pad` of `@saccade/tensor` does it. */
export type PaddingMode = 'zeros' | 'reflect' | 'replicate' | 'circular';

/** Widths for each axis of the image. */
export type Widths = readonly (readonly [before: number, after: number])[];

/**
 * `native`: nothing; a query whose target lies outside attends to the nearest pixel, which for hard attention is replicate padding.
 * `sink`: one more key with value zero, which takes the weight of targets outside: zero padding without a larger image.
 * `pad`: the image is extended, and its border attended to.
 */
export type Border =
  | { readonly kind: 'native' }
  | { readonly kind: 'sink' }
  | { readonly kind: 'pad'; readonly mode: PaddingMode; readonly widths: Widths };

/** Extends images [batch, ...spatial, channels]. @throws {OptionError} for widths that the mode cannot give: reflect takes less than the extent, circular up to it */
export function extend(op: string, images: Tensor, mode: PaddingMode, widths: Widths): Tensor {
  if (widths.every(([before, after]) => before + after === 0)) return images;
  const extents = images.shape.slice(1, -1);
  const most = { zeros: 0, replicate: 0, reflect: -1, circular: 0 }[mode];
  extents.forEach((extent, axis) => {
    const width = Math.max(...(widths[axis] as readonly number[]));
    const bounded = mode === 'reflect' || mode === 'circular';
    if (bounded && width > extent + most) {
      throw new OptionError(
        `${op}: ${mode} padding of an axis of ${extent} is at most ${extent + most} wide, got ${quote(widths[axis])}`,
      );
    }
  });
  const border = mode === 'zeros' ? 0 : mode;
  return pad(images, [[0, 0], ...widths, [0, 0]], border);
}

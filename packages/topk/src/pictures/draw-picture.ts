/** Pictures on a canvas of the page, or of a worker. */
import { OptionError } from '@saccade/tensor';
import type { Picture } from './picture.js';
import { type OverlayInput, type OverlayOptions, scoreOverlay } from './score-overlay.js';

/** A canvas of the page, or one without a page. */
export type AnyCanvas = HTMLCanvasElement | OffscreenCanvas;

/** Gives a canvas the size of a picture and paints it there. @throws {OptionError} for a canvas without a 2d context */
export function drawPicture(canvas: AnyCanvas, picture: Picture): void {
  const context = canvas?.getContext?.('2d') as CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D | null;
  if (context === null || context === undefined) {
    throw new OptionError('drawPicture: expected a canvas with a 2d context; one that has another kind cannot be used');
  }
  // Setting a size also clears, which flickers where a canvas is painted each epoch.
  if (canvas.width !== picture.width) canvas.width = picture.width;
  if (canvas.height !== picture.height) canvas.height = picture.height;
  context.putImageData(new ImageData(picture.data, picture.width, picture.height), 0, 0);
}

/**
 * {@link scoreOverlay} on a canvas, which takes its size; style sheets may stretch it. In training, call it at the end of each epoch:
 * `fit(selector, { …, onEpoch: async () => drawOverlay(canvas, (await explain(selector, image)).look) })`.
 * @throws {OptionError} for a canvas without a 2d context, and as {@link scoreOverlay} does
 */
export function drawOverlay(canvas: AnyCanvas, input: OverlayInput, options: OverlayOptions = {}): void {
  drawPicture(canvas, scoreOverlay(input, options));
}

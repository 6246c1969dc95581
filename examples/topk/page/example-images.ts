/** Image files to try the page with, made by the page: a digit among strokes that are none. */
import { type MegapixelDigitsImage, megapixelDigitsImage } from '@saccade/topk';
import type { LookScale } from './look-at.js';

/** A file, what it shows, and how to look at it. */
export interface ExampleImage {
  readonly name: string;
  readonly label: number;
  readonly scale: LookScale;
  readonly blob: Blob;
}

/** How often each pixel of the small image is repeated in the large one. */
const repeats = 42;
const largeSide = 4096;
/** Rows that are painted at once. */
const band = 256;

function canvasOf(side: number): [OffscreenCanvas, OffscreenCanvasRenderingContext2D] {
  const canvas = new OffscreenCanvas(side, side);
  const context = canvas.getContext('2d');
  if (context === null) throw new Error(`this browser has no canvas of ${side} x ${side}`);
  return [canvas, context];
}

/** A square image on a canvas. */
function paint(image: MegapixelDigitsImage): OffscreenCanvas {
  const { width, height } = image;
  const [canvas, context] = canvasOf(width);
  for (let top = 0; top < height; top += band) {
    const rows = Math.min(band, height - top);
    const grey = image.window({ top, left: 0, height: rows, width }).data;
    const pixels = new ImageData(width, rows);
    for (let i = 0; i < grey.length; i++) pixels.data.set([grey[i]!, grey[i]!, grey[i]!, 255], 4 * i);
    context.putImageData(pixels, 0, top);
  }
  return canvas;
}

function enlarge(canvas: OffscreenCanvas): OffscreenCanvas {
  const side = canvas.width * repeats;
  const [large, context] = canvasOf(side);
  context.imageSmoothingEnabled = false;
  context.drawImage(canvas, 0, 0, side, side);
  return large;
}

/** Makes image `index` of a kind, of digits that were not in the training. */
export async function exampleImage(kind: string, index: number): Promise<ExampleImage> {
  const isNeedle = kind === 'needle';
  const source = { seed: 7, split: 'test' } as const;
  const image = megapixelDigitsImage(isNeedle ? { ...source, height: largeSide, width: largeSide } : source, index);
  const canvas = kind === 'scaled' ? enlarge(paint(image)) : paint(image);
  return {
    name: `image ${index + 1}`,
    label: image.label,
    scale: isNeedle ? 'full' : 'whole',
    blob: await canvas.convertToBlob({ type: 'image/png' }),
  };
}

/** Pixels on canvases, in the colours of the page. */
import { type Pixels, side } from './turn-image.js';

/** How much is left of a digit under a map. */
const faded = 0.22;

/** A square of weights over the digit. */
export interface Heat {
  /** Pixels along a side, which divides that of the digit. */
  readonly side: number;
  readonly weights: ArrayLike<number>;
  /** The weight that covers what is under it. */
  readonly most: number;
}

/** A pixel of the canvas for one of the digit; with heat, the digit is faint. */
export function paintDigit(canvas: HTMLCanvasElement, pixels: Pixels, heat?: Heat): void {
  canvas.width = side;
  canvas.height = side;
  const context = canvas.getContext('2d') as CanvasRenderingContext2D;
  context.fillStyle = getComputedStyle(document.body).color;
  for (const [i, ink] of pixels.entries()) {
    context.globalAlpha = Math.min(1, Math.max(0, ink)) * (heat === undefined ? 1 : faded);
    context.fillRect(i % side, Math.floor(i / side), 1, 1);
  }
  if (heat === undefined) return;
  context.fillStyle = getComputedStyle(canvas).color;
  const size = side / heat.side;
  for (let i = 0; i < heat.weights.length; i++) {
    context.globalAlpha = Math.min(1, (heat.weights[i] as number) / heat.most);
    context.fillRect((i % heat.side) * size, Math.floor(i / heat.side) * size, size, size);
  }
}

/** Puts the mark of the query on a pixel. @param of pixels along a side */
export function markQuery(mark: HTMLElement, { row, column }: { row: number; column: number }, of: number): void {
  for (const [name, value] of Object.entries({ row, column, side: of })) {
    mark.style.setProperty(`--${name}`, String(value));
  }
}

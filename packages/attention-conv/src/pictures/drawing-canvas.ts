/** Draws a picture on a canvas of the page, or of a worker. */
import { dark, light, type Palette, plainText } from '@saccade/pictures';
import { OptionError, requireAbove, requireFlag } from '@saccade/tensor';
import type { Cells, Clip, Color, Drawing, Ellipse, Line, Shape, Text } from './drawing.js';

/** A canvas of the page, or one without a page. */
export type AnyCanvas = HTMLCanvasElement | OffscreenCanvas;

/** How a canvas shows a picture. */
export interface CanvasOptions {
  /** Colours for a dark ground. Default: what the page's reader prefers. */
  readonly dark?: boolean | undefined;
  /** Pixels of the canvas for one of the picture. Default: those of the screen. */
  readonly scale?: number | undefined;
}

/** The names of these options. */
export const canvasNames = ['dark', 'scale'] as const;

type Context = CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D;

/** Paints with one set of colours. */
class Painter {
  readonly #context: Context;
  readonly #palette: Palette;

  constructor(context: Context, palette: Palette) {
    this.#context = context;
    this.#palette = palette;
  }

  #color(color: Color): string {
    if (typeof color === 'number') return this.#palette.series[color] as string;
    return color.startsWith('#') ? color : this.#palette[color as 'paper' | 'ink' | 'soft' | 'line'];
  }

  ground(width: number, height: number): void {
    this.#context.fillStyle = this.#palette.paper;
    this.#context.fillRect(0, 0, width, height);
  }

  paint(shape: Shape): void {
    this.#context.save();
    switch (shape.kind) {
      case 'cells':
        this.#cells(shape);
        break;
      case 'line':
        this.#line(shape);
        break;
      case 'ellipse':
        this.#ellipse(shape);
        break;
      case 'text':
        this.#text(shape);
        break;
      case 'clip':
        this.#clip(shape);
        break;
    }
    this.#context.restore();
  }

  #cells({ at, size, columns, cells }: Cells): void {
    for (const [i, cell] of cells.entries()) {
      if (cell === undefined) continue;
      this.#context.globalAlpha = cell.opacity;
      this.#context.fillStyle = this.#color(cell.color);
      this.#context.fillRect(at[0] + (i % columns) * size, at[1] + Math.floor(i / columns) * size, size, size);
    }
  }

  #stroke({ color, width = 1, dash = [] }: Line | Ellipse): void {
    this.#context.strokeStyle = this.#color(color);
    this.#context.lineWidth = width;
    this.#context.lineJoin = 'round';
    this.#context.setLineDash([...dash]);
    this.#context.stroke();
  }

  #line(line: Line): void {
    this.#context.beginPath();
    for (const [x, y] of line.places) this.#context.lineTo(x, y);
    if (line.closed) this.#context.closePath();
    this.#stroke(line);
  }

  #ellipse(ellipse: Ellipse): void {
    const { at, radii, turn = 0, fill = 0, color } = ellipse;
    this.#context.beginPath();
    this.#context.ellipse(at[0], at[1], radii[0], radii[1], turn, 0, 2 * Math.PI);
    this.#context.globalAlpha = fill;
    this.#context.fillStyle = this.#color(color);
    this.#context.fill();
    this.#context.globalAlpha = 1;
    this.#stroke(ellipse);
  }

  #text({ at, text, color, size = 13, bold = false, anchor = 'start' }: Text): void {
    this.#context.font = `${bold ? 600 : 400} ${size}px system-ui, sans-serif`;
    this.#context.textAlign = anchor === 'middle' ? 'center' : anchor;
    this.#context.fillStyle = this.#color(color);
    this.#context.fillText(plainText(text), at[0], at[1]);
  }

  #clip({ at, width, height, shapes }: Clip): void {
    this.#context.beginPath();
    this.#context.rect(at[0], at[1], width, height);
    this.#context.clip();
    for (const shape of shapes) this.paint(shape);
  }
}

/** Gives a canvas the size of a picture and paints it. @throws {OptionError} for a canvas without a 2d context, or a scale not above 0 */
export function drawOnCanvas(op: string, canvas: AnyCanvas, drawing: Drawing, options: CanvasOptions): void {
  const context = canvas?.getContext?.('2d') as Context | null | undefined;
  if (context === null || context === undefined) {
    throw new OptionError(`${op}: expected a canvas with a 2d context; one that has another kind cannot be used`);
  }
  const prefersDark = globalThis.matchMedia?.('(prefers-color-scheme: dark)').matches ?? false;
  const { dark: isDark = prefersDark, scale = globalThis.devicePixelRatio ?? 1 } = options;
  requireFlag(op, 'dark', isDark);
  requireAbove(op, 'scale', scale);
  const { width, height, shapes } = drawing;
  const [across, down] = [Math.round(width * scale), Math.round(height * scale)];
  // Setting a size also clears, which flickers where a canvas is painted again and again.
  if (canvas.width !== across) canvas.width = across;
  if (canvas.height !== down) canvas.height = down;
  if ('style' in canvas) canvas.style.width = `${width}px`;
  context.setTransform(scale, 0, 0, scale, 0, 0);
  const painter = new Painter(context, isDark ? dark : light);
  painter.ground(width, height);
  for (const shape of shapes) painter.paint(shape);
}

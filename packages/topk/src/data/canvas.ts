/** A window of an image that is being painted: pixels by the coordinates of the whole image, clipped to the window. */

/** A part of an image, in its pixels. */
export interface ImageWindow {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}

/** One value for each channel, 0 to 255. */
export type Color = readonly number[];

/** Pixels of 8 bits. */
export class Canvas {
  readonly window: ImageWindow;
  /** [height, width, channels] of the window, row-major. */
  readonly data: Uint8Array<ArrayBuffer>;
  readonly #channels: number;

  /**
   * @param ground the colour of all pixels before anything is painted
   * @param buffer memory to paint in, large enough; default: new memory
   */
  constructor(window: ImageWindow, ground: Color, buffer?: ArrayBuffer) {
    this.window = window;
    this.#channels = ground.length;
    const bytes = window.height * window.width * ground.length;
    this.data = new Uint8Array(buffer ?? new ArrayBuffer(bytes), 0, bytes);
    if (ground.every((value) => value === ground[0])) this.data.fill(ground[0]!);
    else {
      this.data.set(ground);
      for (let done = ground.length; done < this.data.length; done *= 2) this.data.copyWithin(done, 0, done);
    }
  }

  /** Paints the columns [from, to) of a row. */
  run(row: number, from: number, to: number, color: Color): void {
    const { top, left, height, width } = this.window;
    const y = row - top;
    if (y < 0 || y >= height) return;
    const end = (y * width + Math.min(to - left, width)) * this.#channels;
    for (let at = (y * width + Math.max(from - left, 0)) * this.#channels; at < end; ) {
      for (const value of color) this.data[at++] = value;
    }
  }
}

/** Something to be painted: its box, outside of which it paints nothing, and how. */
export interface Mark extends ImageWindow {
  paint(canvas: Canvas): void;
}

/** Whether two boxes share a pixel. */
export function overlap(a: ImageWindow, b: ImageWindow): boolean {
  return a.top < b.top + b.height && b.top < a.top + a.height && a.left < b.left + b.width && b.left < a.left + a.width;
}

/** Marks on an even ground, in order, as far as a window shows them; in new memory, or in `buffer`. */
export function paintWindow(
  window: ImageWindow,
  ground: Color,
  marks: readonly Mark[],
  buffer?: ArrayBuffer,
): Uint8Array<ArrayBuffer> {
  const canvas = new Canvas(window, ground, buffer);
  for (const mark of marks) if (overlap(mark, window)) mark.paint(canvas);
  return canvas.data;
}

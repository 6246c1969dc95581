/** A digit that somebody drew, or a picture of one, made as small as those that networks have learned. */
import { byId } from './elements.js';
import { type Pixels, side } from './turn-image.js';

/** Pixels of a canvas: red, green, blue and opacity of each. */
export interface Picture {
  readonly data: Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
}

/** Pixels, of which blocks become one. */
const fine = 32;

/** How much ink is on each pixel, 0 to 1: dark on bright, or bright on dark where most is dark. What is transparent is paper. */
export function inkOf({ data, width, height }: Picture): Float32Array {
  const dark = Float32Array.from({ length: width * height }, (_, i) => {
    const [red, green, blue, opacity] = data.subarray(4 * i, 4 * i + 4) as unknown as [number, number, number, number];
    return ((255 - 0.299 * red - 0.587 * green - 0.114 * blue) * opacity) / 255 ** 2;
  });
  const [least, greatest] = [dark.reduce((a, b) => Math.min(a, b), 1), dark.reduce((a, b) => Math.max(a, b), 0)];
  const range = greatest - least;
  if (range < 0.05) return new Float32Array(dark.length);
  const mean = dark.reduce((sum, value) => sum + value, 0) / dark.length;
  const isDark = mean - least > range / 2;
  return dark.map((value) => (isDark ? greatest - value : value - least) / range);
}

/** The square around the ink, with the ink in its middle, as a part of the picture; undefined where there is none. */
export function squareOf(
  ink: Float32Array,
  width: number,
): { readonly left: number; readonly top: number; readonly side: number } | undefined {
  let [left, right, top, bottom] = [Number.POSITIVE_INFINITY, -1, Number.POSITIVE_INFINITY, -1];
  for (const [i, value] of ink.entries()) {
    if (value < 0.3) continue;
    const [y, x] = [Math.floor(i / width), i % width];
    [left, right, top, bottom] = [Math.min(left, x), Math.max(right, x), Math.min(top, y), Math.max(bottom, y)];
  }
  if (right < 0) return undefined;
  const length = Math.max(right - left, bottom - top) + 1;
  return { left: (left + right + 1 - length) / 2, top: (top + bottom + 1 - length) / 2, side: length };
}

/** The mean ink of blocks. @param ink of 32 x 32 pixels */
export function shrink(ink: Float32Array): Pixels {
  const block = fine / side;
  return Float32Array.from({ length: side * side }, (_, i) => {
    let sum = 0;
    for (let y = 0; y < block; y++) {
      for (let x = 0; x < block; x++) {
        sum += ink[(Math.floor(i / side) * block + y) * fine + (i % side) * block + x] as number;
      }
    }
    return sum / block ** 2;
  });
}

/** The digit on a canvas; undefined if it is empty. */
function digitOn(canvas: HTMLCanvasElement): Pixels | undefined {
  const { width, height } = canvas;
  const ink = inkOf((canvas.getContext('2d') as CanvasRenderingContext2D).getImageData(0, 0, width, height));
  const square = squareOf(ink, width);
  if (square === undefined) return undefined;
  const context = new OffscreenCanvas(fine, fine).getContext('2d', {
    willReadFrequently: true,
  }) as OffscreenCanvasRenderingContext2D;
  context.imageSmoothingQuality = 'high';
  const { left, top, side: length } = square;
  const inked = new ImageData(width, height);
  for (const [i, value] of ink.entries()) inked.data[4 * i + 3] = 255 * value;
  const whole = new OffscreenCanvas(width, height);
  (whole.getContext('2d') as OffscreenCanvasRenderingContext2D).putImageData(inked, 0, 0);
  context.drawImage(whole, left, top, length, length, 0, 0, fine, fine);
  const { data } = context.getImageData(0, 0, fine, fine);
  return shrink(Float32Array.from({ length: fine * fine }, (_, i) => (data[4 * i + 3] as number) / 255));
}

/** Draws a file on the pad, whole, in its middle. @throws {Error} for what is no image */
async function drawFile(pad: HTMLCanvasElement, file: Blob): Promise<void> {
  const image = await createImageBitmap(file);
  const scale = Math.min(pad.width / image.width, pad.height / image.height);
  const [width, height] = [image.width * scale, image.height * scale];
  const context = clear(pad);
  context.imageSmoothingQuality = 'high';
  // Around it, the ground goes on as it is in its corner.
  context.drawImage(image, 0, 0, 1, 1, 0, 0, pad.width, pad.height);
  context.drawImage(image, (pad.width - width) / 2, (pad.height - height) / 2, width, height);
  image.close();
}

function clear(pad: HTMLCanvasElement): CanvasRenderingContext2D {
  const context = pad.getContext('2d', { willReadFrequently: true }) as CanvasRenderingContext2D;
  context.fillStyle = '#fff';
  context.fillRect(0, 0, pad.width, pad.height);
  return context;
}

/** Starts to listen. @param onDigit told each digit that was drawn or opened @param onError told why a file is none */
export function ownDigit(onDigit: (pixels: Pixels) => void, onError: (text: string) => void): void {
  const pad = byId<HTMLCanvasElement>('pad');
  clear(pad);
  const tell = (): void => {
    const pixels = digitOn(pad);
    if (pixels !== undefined) onDigit(pixels);
  };
  let from: readonly [x: number, y: number] | undefined;
  const placeOf = ({ offsetX, offsetY }: PointerEvent): readonly [number, number] => {
    return [(offsetX * pad.width) / pad.clientWidth, (offsetY * pad.height) / pad.clientHeight];
  };
  const draw = (event: PointerEvent): void => {
    if (from === undefined) return;
    const context = pad.getContext('2d') as CanvasRenderingContext2D;
    const to = placeOf(event);
    Object.assign(context, { lineWidth: 26, lineCap: 'round', strokeStyle: '#000' });
    context.beginPath();
    context.moveTo(...from);
    context.lineTo(...to);
    context.stroke();
    from = to;
  };
  pad.addEventListener('pointerdown', (event) => {
    pad.setPointerCapture(event.pointerId);
    from = placeOf(event);
    draw(event);
  });
  pad.addEventListener('pointermove', draw);
  for (const type of ['pointerup', 'pointercancel'] as const) {
    pad.addEventListener(type, () => {
      if (from !== undefined) tell();
      from = undefined;
    });
  }
  byId('clear').addEventListener('click', () => clear(pad));
  const chooser = byId<HTMLInputElement>('file');
  chooser.addEventListener('change', async () => {
    const [file] = chooser.files ?? [];
    chooser.value = '';
    if (file === undefined) return;
    try {
      await drawFile(pad, file);
      tell();
    } catch {
      onError(`${file.name} is no image that this browser can open.`);
    }
  });
}

/** The digit as it is turned, on which a pixel is chosen: by a click, or by arrow keys. */
import { byId, part } from './elements.js';
import { markQuery, paintDigit } from './paint.js';
import { type Pixels, side } from './turn-image.js';

/** A pixel of the digit as it is seen. */
interface Pixel {
  readonly row: number;
  readonly column: number;
}

/** Shows the digit and the pixel. */
export function showStage(pixels: Pixels, pixel: Pixel): void {
  paintDigit(part<HTMLCanvasElement>(byId('stage'), 'canvas'), pixels);
  markQuery(byId('query'), pixel, side);
  byId('where').textContent = `Row ${pixel.row + 1}, column ${pixel.column + 1}.`;
}

const arrows: Readonly<Record<string, readonly [rows: number, columns: number]>> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};

/** Starts to listen. @param current the pixel that is chosen @param onPick told each pixel that is chosen instead */
export function listenToStage(current: () => Pixel, onPick: (pixel: Pixel) => void): void {
  const stage = byId('stage');
  stage.addEventListener('click', (event) => {
    // Keys click too, nowhere.
    if (event.detail === 0) return;
    const { left, top, width, height } = stage.getBoundingClientRect();
    onPick({
      row: within(Math.floor(((event.clientY - top) / height) * side)),
      column: within(Math.floor(((event.clientX - left) / width) * side)),
    });
  });
  stage.addEventListener('keydown', (event) => {
    const step = arrows[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const { row, column } = current();
    onPick({ row: within(row + step[0]), column: within(column + step[1]) });
  });
}

function within(place: number): number {
  return Math.min(side - 1, Math.max(0, place));
}

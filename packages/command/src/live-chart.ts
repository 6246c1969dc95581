/** A chart that is drawn anew in its place while something trains; lines of text where there is no terminal. */
import { print } from './print.js';

/** Milliseconds between two drawings. */
const pause = 100;
/** Lines that a chart has beside the plot itself. */
const frame = 7;
const leastHeight = 6;

/** What it is drawn on: standard error, or what a test has in its place. */
export interface ChartScreen extends NodeJS.WritableStream {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
}

/** The room that there is for a chart. */
export interface ChartSize {
  /** Characters across. */
  readonly width: number;
  /** Lines of the plot itself. */
  readonly height: number;
  /** Whether people want colours. */
  readonly color: boolean;
}

/** The chart. */
export class LiveChart {
  readonly #screen: ChartScreen;
  readonly #color: boolean;
  #lines = 0;
  #drawn = Number.NEGATIVE_INFINITY;

  constructor(screen: ChartScreen = process.stderr) {
    this.#screen = screen;
    this.#color = process.env.NO_COLOR === undefined || process.env.NO_COLOR === '';
  }

  /** Whether the chart itself is shown. */
  get live(): boolean {
    return this.#screen.isTTY === true && this.#height >= leastHeight;
  }

  get #height(): number {
    return Math.min(16, (this.#screen.rows ?? 24) - frame);
  }

  /** Draws the chart, unless that was done a moment ago. @param chart lines of text @param status a line below @param force whatever moment that was */
  async draw(chart: (size: ChartSize) => string, status: string, force = false): Promise<void> {
    const now = performance.now();
    if (!this.live || (!force && now - this.#drawn < pause)) return;
    this.#drawn = now;
    const width = Math.max(30, Math.min(100, (this.#screen.columns ?? 80) - 1));
    const lines = chart({ width, height: this.#height, color: this.#color });
    const text = `${lines}${[...status].slice(0, width).join('')}\n`;
    await print(this.#erase() + text, this.#screen);
    this.#lines = text.split('\n').length - 1;
  }

  /** A line that stays: above the chart where there is one. */
  async tell(text: string): Promise<void> {
    await print(`${this.#erase()}${text}\n`, this.#screen);
    // What was erased is drawn again at the next chance.
    this.#drawn = Number.NEGATIVE_INFINITY;
  }

  /** A line for those who see no chart. */
  async progress(text: string): Promise<void> {
    if (!this.live) await this.tell(text);
  }

  /** Moves up to the first line of the chart and clears the screen from there on. */
  #erase(): string {
    const up = this.#lines === 0 ? '' : `\u001b[${this.#lines}A\u001b[J`;
    this.#lines = 0;
    return up;
  }
}

/** A line on the terminal that shows how far a training run is. */

interface Terminal {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** What the line shows. */
export interface Progress {
  readonly epoch: number;
  readonly epochs: number;
  readonly step: number;
  readonly steps: number;
  readonly loss: number;
}

/** Shows steps and epochs. */
export interface ProgressLine {
  show(progress: Progress): void;
  /** Leaves a text behind in the line's place. */
  leave(text: string): void;
}

const barLength = 24;
const millisecondsBetween = 50;

/** A line on standard error, written over; where that is no terminal it does nothing. */
export function progressLine(): ProgressLine {
  const terminal = (globalThis as { process?: { stderr?: Terminal } }).process?.stderr;
  if (terminal?.isTTY !== true) return { show: () => {}, leave: () => {} };
  let last = 0;
  const put = (text: string, end: string): void => {
    terminal.write(`\r\u001b[K${text.slice(0, (terminal.columns ?? 80) - 1)}${end}`);
  };
  return {
    show({ epoch, epochs, step, steps, loss }) {
      if (performance.now() - last < millisecondsBetween && step < steps) return;
      last = performance.now();
      const done = '#'.repeat(Math.round((barLength * step) / steps)).padEnd(barLength);
      put(`epoch ${epoch + 1}/${epochs} [${done}] ${step}/${steps}  loss ${loss.toPrecision(4)}`, '');
    },
    leave: (text) => put(text, '\n'),
  };
}

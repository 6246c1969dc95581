/** Progress on standard error: one line that is written over where somebody looks, else a line per experiment. */
import { measuredText, secondsText } from './number-text.js';
import type { Watcher } from './runner.js';
import type { Result } from './verdict.js';

/** A stream such as `process.stderr`. */
export interface TextStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** An experiment that ended, in one line: `topk/accuracy: held, 98.2 %, 3.20 s`. */
function endLine({ experiment, verdict, outcome, reason, seconds }: Result): string {
  const { id, bar, unit } = experiment;
  const number = outcome === undefined ? reason : measuredText(outcome.measured, bar, unit);
  return `${id}: ${verdict}, ${number}, ${secondsText(seconds)}`;
}

/** Shows on a stream how the experiments go. */
export function showProgress(stream: TextStream): Watcher {
  const live = stream.isTTY === true;
  let [place, id, line, drawn] = ['', '', '', 0];
  const clear = (): void => {
    if (live) stream.write('\r\x1b[K');
  };
  const draw = (): void => {
    if (live) stream.write(`\r\x1b[K${line.slice(0, (stream.columns || 80) - 1)}`);
    drawn = performance.now();
  };
  const describe = (fraction: number, note: string): void => {
    const done = Math.round(24 * fraction);
    line = `[${'#'.repeat(done).padEnd(24, '-')}] ${place} ${id}${note === '' ? '' : `  ${note}`}`;
  };
  return {
    started: (experiment, index, count) => {
      [place, id] = [`${index}/${count}`, experiment.id];
      describe(0, '');
      draw();
    },
    progress: (fraction, note) => {
      describe(fraction, note);
      if (performance.now() - drawn > 50) draw();
    },
    log: (text) => {
      clear();
      stream.write(`${id}: ${text}\n`);
      draw();
    },
    ended: (result) => {
      if (live) clear();
      else stream.write(`${place} ${endLine(result)}\n`);
    },
  };
}

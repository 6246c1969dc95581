/** What heat maps of attention mean: from no weight to the most, and the query. */
import { type Cell, frame } from './drawing.js';
import type { LegendEntry } from './panels.js';

/** Colour of attention, the more opaque the more. */
export const heat = 0;

const steps = 6;
const side = 12;

/** From none to the largest weight. */
export function weightEntry(text: string): LegendEntry {
  const cells = Array.from({ length: steps }, (_, i): Cell => ({ color: heat, opacity: i / (steps - 1) }));
  const width = steps * side;
  return {
    text,
    width: width + 38,
    sample: ([x, y]) => [
      { kind: 'text', at: [x, y + 4.5], text: '0', color: 'soft' },
      { kind: 'cells', at: [x + 14, y - side / 2], size: side, columns: steps, cells },
      frame([x + 14, y - side / 2], width, side, { color: 'line' }),
      { kind: 'text', at: [x + 20 + width, y + 4.5], text: '1', color: 'soft' },
    ],
  };
}

/** The square around the query's pixel. */
export function queryEntry(text: string): LegendEntry {
  return {
    text,
    width: side,
    sample: ([x, y]) => [frame([x, y - side / 2], side, side, { color: 'ink', width: 1.5 })],
  };
}

/** Names of elements above columns, in as few letters as there is room for. */
import { textWidth } from '@saccade/pictures';

/** What stands above a column. */
export interface ElementLabel {
  readonly text: string;
  /** Whether it only fits in smaller letters. */
  readonly small: boolean;
}

/** All names as they are, or all with `m` for the mirror. @param room pixels of a column */
export function elementLabels(names: readonly string[], room: number): ElementLabel[] {
  const fits = names.every((name) => textWidth(name) <= room);
  return names.map((name) => {
    const text = fits ? name : name.replace('mirror, ', 'm').replace('mirror', 'm0°');
    return { text, small: textWidth(text) > room };
  });
}

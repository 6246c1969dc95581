/** What an element is called: the turn that it is. */
import type { Group } from './group.js';

/** As people say it: "90°", or "mirror, 90°" for the mirror of the columns and then a quarter turn, counter-clockwise as images are shown. */
export function elementName(group: Group, element: number): string {
  // The table refuses what is no element.
  group.inverse(element);
  const [[a, b], [c, d]] = group.matrices[element] as readonly [readonly [number, number], readonly [number, number]];
  const degrees = (Math.atan2(c, a) * 180) / Math.PI;
  const turn = `${Number(((degrees + 360) % 360).toFixed(2))}°`;
  if (a * d - b * c > 0) return turn;
  return turn === '0°' ? 'mirror' : `mirror, ${turn}`;
}

/** The elements of the group that is asked about as the group of a layer has them. */
import type { Group } from '../groups/group.js';
import { isClose } from '../groups/plane-matrix.js';

/** For each element of `asked` its number in `own`; undefined for one that is not there, or of which there are several. */
export function elementsIn(asked: Group, own: Group): readonly (number | undefined)[] {
  const all = asked.numbersIn(own);
  if (all !== undefined) return all;
  const inside = own.numbersIn(asked);
  if (inside !== undefined) {
    const places = new Map(inside.map((element, number) => [element, number]));
    return asked.matrices.map((_, element) => places.get(element));
  }
  return asked.matrices.map((matrix) => {
    const found = own.matrices.flatMap((other, number) => (isClose(matrix, other) ? [number] : []));
    return found.length === 1 ? found[0] : undefined;
  });
}

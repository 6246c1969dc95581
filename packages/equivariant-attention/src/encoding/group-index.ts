/** How the pose of a key depends on the output's and the query's: by what does not change when all three turn together. */
import type { Group } from '../groups/group.js';

/**
 * keyPose: the key as the output sees it, v^-1 m, which a convolution over a group reads too. relative: as the query sees it, g^-1 m. pair: both.
 */
export type GroupIndex = 'keyPose' | 'relative' | 'pair';

/** Rows of the table. */
export function groupEntries(kind: GroupIndex, group: Group): number {
  return kind === 'pair' ? group.order ** 2 : group.order;
}

/** [V, G, M], V = G = M: row of the table. */
export function exactGroupIndex(kind: GroupIndex, group: Group): Int32Array {
  const { order } = group;
  const index = new Int32Array(order ** 3);
  for (let v = 0, at = 0; v < order; v++) {
    for (let g = 0; g < order; g++) {
      for (let m = 0; m < order; m++) {
        const [byOutput, byQuery] = [group.multiply(group.inverse(v), m), group.multiply(group.inverse(g), m)];
        index[at++] = kind === 'keyPose' ? byOutput : kind === 'relative' ? byQuery : byOutput * order + byQuery;
      }
    }
  }
  return index;
}

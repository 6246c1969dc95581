/** Elements of a group as products of one that maps pixels to pixels and one of a few others, so that what belongs together is computed from the same numbers. */
import type { Group } from '../groups/group.js';

/** An element v = l r: l of the subgroup, r the one that stands for its coset. */
export interface Factors {
  readonly l: number;
  readonly r: number;
}

/** The factors of each element; the identity stands for the subgroup itself, the first element for each other coset. */
export function factorsBy(group: Group, subgroup: readonly number[]): readonly Factors[] {
  const found: Factors[] = new Array(group.order);
  const rest = group.matrices.map((_, element) => element);
  for (const r of [group.identity, ...rest]) {
    if (found[r] === undefined) for (const l of subgroup) found[group.multiply(l, r)] = { l, r };
  }
  return found;
}

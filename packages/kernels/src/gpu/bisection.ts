/** Finding a place in a list that is in order, as statements of a kernel. */

/**
 * Gives in `low` the first place of a list of `end` (at most 2^24) that is not below what is sought, or `end`.
 * @param isBelow text of the condition on the place `middle`: true before the place that is sought, false from it on
 */
export const bisection = (end: string, isBelow: string): string => `
  let low = 0.0;
  let high = ${end};
  for (let search = 0; search < 25; search++) {
    if (low >= high) { break; }
    const middle = Math.floor((low + high) * 0.5);
    if (${isBelow}) { low = middle + 1; } else { high = middle; }
  }`;

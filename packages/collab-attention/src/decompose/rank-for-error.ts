/** The smallest rank that keeps an error. */
import { errorWithin, type Search } from './search.js';

/**
 * By bisection: at the upper end the truncation of each head keeps the error. Of large layers each rank on the way gets a few sweeps alone, so that a slightly smaller
 * one might do.
 */
export async function rankForError(search: Search, maxError: number): Promise<number> {
  const { alternation, svds } = search;
  let [low, high] = [0, alternation.tensor.query.rows];
  while (high > 1 && svds.error(high - 1) <= maxError) high--;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if ((await errorWithin(search, middle)) <= maxError) high = middle;
    else low = middle;
  }
  return high;
}

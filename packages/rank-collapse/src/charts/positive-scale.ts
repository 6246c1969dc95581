/** Where a logarithmic axis shows what it has no place for: zeros, and what is too small for float64 to divide. */

/** The smallest value that is drawn as what it is. */
const smallest = 1e-300;

/** The lowest value that a logarithmic axis for these has to reach. @param otherwise where none is above 0 */
export function lowestOf(values: readonly number[], otherwise: number): number {
  const positive = values.filter((value) => value > 0).map((value) => Math.max(smallest, value));
  return positive.length === 0 ? otherwise : Math.min(...positive);
}

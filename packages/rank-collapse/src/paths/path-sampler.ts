/** Random paths of one length, with the probability of each: layers and heads are drawn together, in proportion to a weight of every head. */
import { OptionError, type Rng } from '@saccade/tensor';

/** A path, as the release has it: for each layer a head, or the number of heads where they are passed by. Some functions take -1 too, for all heads at once. */
export type Path = readonly number[];

/** A path that was drawn. */
export interface DrawnPath {
  readonly path: Path;
  /** 1 / probability: C(L, k) H^k where heads weigh the same. */
  readonly weight: number;
}

/**
 * Draws paths through `length` heads. The probability of a path is the product of its heads' weights over the sum of such products over all paths, which is the
 * elementary symmetric polynomial e_k of the layers' sums.
 */
export class PathSampler {
  readonly #heads: readonly (readonly number[])[];
  readonly #sums: readonly number[];
  readonly #length: number;
  /** e_j of the layers from i on, [layer][j]. */
  readonly #polynomials: readonly (readonly number[])[];

  /**
   * @param heads weight of each head of each layer, 0 or more
   * @param needsAll whether layers cannot be passed by
   * @throws {OptionError} unless there are paths of that length
   */
  constructor(op: string, heads: readonly (readonly number[])[], length: number, needsAll: boolean) {
    if (!Number.isSafeInteger(length) || length < 0 || length > heads.length) {
      throw new OptionError(`${op}: length must be an integer in [0, ${heads.length}], got ${length}`);
    }
    if (needsAll && length !== heads.length) {
      throw new OptionError(`${op}: without skips all paths have length ${heads.length}, got ${length}`);
    }
    // In units of the largest, so that products of many stay in range.
    const largest = heads.flat().reduce((most, weight) => Math.max(most, weight), 0) || 1;
    this.#heads = heads.map((layer) => layer.map((weight) => weight / largest));
    this.#sums = this.#heads.map((layer) => layer.reduce((sum, weight) => sum + weight, 0));
    this.#length = length;
    this.#polynomials = symmetricPolynomials(this.#sums, length);
    if (!((this.#polynomials[0] as readonly number[])[length]! > 0)) {
      throw new OptionError(`${op}: no path of length ${length} has a weight above 0`);
    }
  }

  draw(rng: Rng): DrawnPath {
    const path: number[] = [];
    let left = this.#length;
    let probability = 1;
    for (const [i, weights] of this.#heads.entries()) {
      const after = this.#polynomials[i + 1] as readonly number[];
      const taken = left > 0 ? (this.#sums[i]! * after[left - 1]!) / this.#polynomials[i]![left]! : 0;
      if (rng.number() >= taken) {
        path.push(weights.length);
        probability *= 1 - taken;
        continue;
      }
      const head = chosen(weights, rng.number() * this.#sums[i]!);
      path.push(head);
      probability *= (taken * weights[head]!) / this.#sums[i]!;
      left--;
    }
    return { path, weight: 1 / probability };
  }
}

/** The place at which the weights so far exceed `at`. */
function chosen(weights: readonly number[], at: number): number {
  let [rest, last] = [at, 0];
  for (const [i, weight] of weights.entries()) {
    if (weight > 0) last = i;
    rest -= weight;
    if (rest < 0) break;
  }
  // Rounding may leave a rest behind the last.
  return last;
}

function symmetricPolynomials(sums: readonly number[], length: number): number[][] {
  const rows: number[][] = [[1, ...new Array<number>(length).fill(0)]];
  for (const sum of [...sums].reverse()) {
    const [next] = rows as [number[]];
    rows.unshift(next.map((value, j) => value + (j > 0 ? sum * next[j - 1]! : 0)));
  }
  return rows;
}

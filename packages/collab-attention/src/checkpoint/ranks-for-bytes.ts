/** Ranks of all layers for a number of bytes: where the next dimension takes most error away for its bytes, it goes. */

/** A layer, as far as its rank depends on it. */
export interface BudgetLayer {
  /** Squared singular values of all heads together, descending: what the best truncation of each head leaves of the error is the sum of the rest. */
  readonly squares: ArrayLike<number>;
  /** Bytes at rank 0, and of each dimension. */
  readonly fixed: number;
  readonly each: number;
  /** Bytes as it is. */
  readonly whole: number;
}

/** A step up for one layer: one dimension more, or, where that saves nothing any more, the layer as it is. */
interface Step {
  readonly rank: number | undefined;
  readonly bytes: number;
  readonly gain: number;
}

/** Bytes of a layer; a rank of undefined leaves it as it is. */
function bytesAt({ fixed, each, whole }: BudgetLayer, rank: number | undefined): number {
  return rank === undefined ? whole : fixed + each * rank;
}

function nextStep(layer: BudgetLayer, rank: number | undefined): Step | undefined {
  if (rank === undefined) return undefined;
  const { squares, whole } = layer;
  const isSmaller = bytesAt(layer, rank + 1) < whole;
  if (isSmaller && rank < squares.length) return { rank: rank + 1, bytes: layer.each, gain: squares[rank]! };
  let gain = 0;
  for (let i = rank; i < squares.length; i++) gain += squares[i]!;
  return { rank: undefined, bytes: whole - bytesAt(layer, rank), gain };
}

/** The fewest bytes that the layers can have. */
export function leastBytes(layers: readonly BudgetLayer[]): number {
  return layers.reduce((sum, layer) => sum + Math.min(bytesAt(layer, 1), layer.whole), 0);
}

/**
 * The ranks for which the sum of squared errors of the truncations is least, as a greedy choice finds it: errors of a layer fall ever more slowly.
 * @param bytes for all layers together, from `leastBytes` on
 * @returns a rank for each layer, undefined for those that stay as they are
 */
export function ranksForBytes(layers: readonly BudgetLayer[], bytes: number): (number | undefined)[] {
  const ranks = layers.map((layer): number | undefined => (bytesAt(layer, 1) < layer.whole ? 1 : undefined));
  let rest = bytes - layers.reduce((sum, layer, i) => sum + bytesAt(layer, ranks[i]), 0);
  const steps = layers.map((layer, i) => nextStep(layer, ranks[i]));
  for (;;) {
    let best = -1;
    for (const [i, step] of steps.entries()) {
      if (step === undefined || step.bytes > rest || step.gain <= 0) continue;
      const other = steps[best];
      if (other === undefined || step.gain * other.bytes > other.gain * step.bytes) best = i;
    }
    const step = steps[best];
    if (step === undefined) return ranks;
    rest -= step.bytes;
    ranks[best] = step.rank;
    steps[best] = nextStep(layers[best] as BudgetLayer, step.rank);
  }
}

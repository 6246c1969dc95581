/** Linear systems of weighted graphs, solved without subtractions of what is almost equal. */

/** Weights that are less than this part of an anchor's are lost in the rounding of the others. */
const loose = 1e-12;

/**
 * Solves K eta = right with eta_0 = 0 for the symmetric matrix K_jl = -w_jl, K_jj = w_jj + sum of the w_jl beside it, without
 * row and column 0. `weights` [m, m] holds w, its diagonal what is beyond the sum, and is overwritten. The diagonal is
 * never formed by subtraction (Grassmann, Taksar and Heyman 1985), so small weights keep their digits. An anchor with hardly
 * any weight to those before it gets 0: where it stands in relation to them does not show.
 */
export function solveLaplacian(weights: Float64Array, right: Float64Array): Float64Array {
  const m = right.length;
  const eta = new Float64Array(m);
  const b = right.slice();
  const w = (j: number, l: number): number => weights[j * m + l]!;
  const sums = right.map((_, j) => weights.subarray(j * m, (j + 1) * m).reduce((total, weight) => total + weight, 0));
  const diagonal = new Float64Array(m);
  for (let p = m - 1; p > 0; p--) {
    // What is left of the diagonal once the anchors above p are gone: its own excess and all remaining weights.
    let total = w(p, p);
    for (let l = 0; l < p; l++) total += w(p, l);
    if (!(Math.abs(total) > loose * sums[p]!)) continue;
    diagonal[p] = total;
    for (let j = 0; j < p; j++) {
      const share = w(j, p) / total;
      b[j]! += share * b[p]!;
      weights[j * m + j]! += share * w(p, p);
      for (let l = 0; l < p; l++) if (l !== j) weights[j * m + l]! += share * w(p, l);
    }
  }
  for (let p = 1; p < m; p++) {
    if (diagonal[p] === 0) continue;
    let sum = b[p]!;
    for (let l = 1; l < p; l++) sum += w(p, l) * eta[l]!;
    eta[p] = sum / diagonal[p]!;
  }
  return eta;
}

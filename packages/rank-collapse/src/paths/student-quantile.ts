/** How many standard errors an interval reaches, for as many samples as there are: the quantile of Student's distribution. */

/** Coefficients of Acklam's rational approximations of the normal quantile, to 1e-9: numerators and denominators, for the middle and for the tails. */
const middle = [
  [-39.6968302866538, 220.946098424521, -275.928510446969, 138.357751867269, -30.6647980661472, 2.50662827745924],
  [-54.4760987982241, 161.585836858041, -155.698979859887, 66.8013118877197, -13.2806815528857, 1],
] as const;
const tail = [
  [-0.00778489400243029, -0.322396458041136, -2.40075827716184, -2.54973253934373, 4.37466414146497, 2.93816398269878],
  [0.00778469570904146, 0.32246712907004, 2.445134137143, 3.75440866190742, 1],
] as const;

function polynomial(coefficients: readonly number[], x: number): number {
  return coefficients.reduce((sum, c) => sum * x + c, 0);
}

/** z with P(Z <= z) = p of a standard normal Z, p from 0.5 to 1. */
function normalQuantile(p: number): number {
  if (p <= 0.97575) {
    const q = p - 0.5;
    return (q * polynomial(middle[0], q * q)) / polynomial(middle[1], q * q);
  }
  const q = Math.sqrt(-2 * Math.log(1 - p));
  return -polynomial(tail[0], q) / polynomial(tail[1], q);
}

/** t with P(|T| <= t) = confidence for `freedom` degrees: exact for 1 and 2, by the expansion in 1 / freedom for more, to 1 % from 3 and 1e-4 from 8 on. */
export function studentQuantile(confidence: number, freedom: number): number {
  if (freedom === 1) return Math.tan((Math.PI / 2) * confidence);
  if (freedom === 2) return confidence * Math.sqrt(2 / (1 - confidence ** 2));
  const z = normalQuantile((1 + confidence) / 2);
  const terms = [
    (z ** 3 + z) / 4,
    (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96,
    (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384,
    (79 * z ** 9 + 776 * z ** 7 + 1482 * z ** 5 - 1920 * z ** 3 - 945 * z) / 92160,
  ];
  return terms.reduce((sum, term, i) => sum + term / freedom ** (i + 1), z);
}

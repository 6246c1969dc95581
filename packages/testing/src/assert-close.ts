// Compares arrays of numbers within a relative and an absolute tolerance, and says where they differ first and most.

export interface Tolerance {
  /** Allowed difference relative to the expected value. */
  rtol?: number;
  /** Allowed difference whatever the expected value. */
  atol?: number;
}

/**
 * Throws unless |actual - expected| <= atol + rtol |expected| for every element.
 * NaN equals NaN and an infinity only itself; 0 equals -0.
 */
export function assertClose(
  actual: ArrayLike<number> | number,
  expected: ArrayLike<number> | number,
  { rtol = 1e-5, atol = 1e-7 }: Tolerance = {},
  label = 'values',
): void {
  const a = typeof actual === 'number' ? [actual] : actual;
  const e = typeof expected === 'number' ? [expected] : expected;
  if (a.length !== e.length) throw new Error(`${label}: length ${a.length}, expected ${e.length}`);
  let bad = 0;
  let first = -1;
  let worst = -1;
  let worstError = -1;
  for (let i = 0; i < e.length; i++) {
    const x = a[i]!;
    const y = e[i]!;
    if (Object.is(x, y) || x === y) continue;
    const error = Math.abs(x - y);
    const within = Number.isFinite(y) && error <= atol + rtol * Math.abs(y);
    if (!within) {
      bad++;
      if (first < 0) first = i;
    }
    const size = Number.isNaN(error) ? Number.POSITIVE_INFINITY : error;
    if (size > worstError) {
      worstError = size;
      worst = i;
    }
  }
  if (bad === 0) return;
  throw new Error(
    `${label}: ${bad} of ${e.length} differ (rtol ${rtol}, atol ${atol}); ` +
      `first at [${first}]: got ${a[first]}, expected ${e[first]}; ` +
      `maximum error ${worstError.toExponential(3)} at [${worst}]: got ${a[worst]}, expected ${e[worst]}`,
  );
}

/** On which side of a line a point lies, exactly for any finite float64 coordinates. */

/** A point of the plane. */
export type PlanePoint = readonly [x: number, y: number];

/** More than the rounding error of the determinant, relative to the sum of its products: 3/2 epsilon and a little (Shewchuk 1997). */
const DOUBT = 2 * Number.EPSILON;

/** 1 if the way from a over b to c turns left, -1 if it turns right, 0 if the three lie on one line. */
export function orientation(a: PlanePoint, b: PlanePoint, c: PlanePoint): -1 | 0 | 1 {
  const left = (b[0] - a[0]) * (c[1] - a[1]);
  const right = (b[1] - a[1]) * (c[0] - a[0]);
  const determinant = left - right;
  // A product that underflowed is no evidence, nor is one that overflowed.
  const sum = Math.abs(left) + Math.abs(right);
  if (sum > 1e-290 && sum < Number.POSITIVE_INFINITY && Math.abs(determinant) > DOUBT * sum) {
    return determinant > 0 ? 1 : -1;
  }
  return exactOrientation(a, b, c);
}

function exactOrientation(a: PlanePoint, b: PlanePoint, c: PlanePoint): -1 | 0 | 1 {
  const along = (to: PlanePoint, axis: 0 | 1): bigint => wholeMultiple(to[axis]) - wholeMultiple(a[axis]);
  const determinant = along(b, 0) * along(c, 1) - along(b, 1) * along(c, 0);
  if (determinant === 0n) return 0;
  return determinant > 0n ? 1 : -1;
}

/** How often 2^-1074, of which every float64 is a whole multiple, goes into a number. */
function wholeMultiple(value: number): bigint {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, value);
  const word = bits.getBigUint64(0);
  const exponent = (word >> 52n) & 0x7ffn;
  const fraction = word & 0xfffffffffffffn;
  const size = exponent === 0n ? fraction : (fraction | (1n << 52n)) << (exponent - 1n);
  return value < 0 ? -size : size;
}

/** Matrices that act on (row, column) about an image's centre. */

/** A matrix on (row, column): [[a, b], [c, d]]. */
export type PlaneMatrix = readonly [readonly [number, number], readonly [number, number]];

/** How far from each other two matrices may be that are the same. */
const tolerance = 1e-12;

/** Rotation by `k / n` of a turn, counter-clockwise as images are shown. Quarter turns more are other signs and places of the same two numbers, exactly. */
export function rotationMatrix(k: number, n: number): PlaneMatrix {
  const steps = (((4 * k) % (4 * n)) + 4 * n) % (4 * n);
  const part = steps % n;
  let [cos, sin] = firstQuarter(part, n);
  for (let quarter = (steps - part) / n; quarter > 0; quarter--) [cos, sin] = [0 - sin, cos];
  return [
    [cos, 0 - sin],
    [sin, cos],
  ];
}

/** Cosine and sine of `part / n` of a quarter turn: of eighths of a turn at most, so that mirrored angles have the same two. */
function firstQuarter(part: number, n: number): [number, number] {
  if (part === 0) return [1, 0];
  if (2 * part === n) return [Math.SQRT1_2, Math.SQRT1_2];
  const angle = ((Math.PI / 2) * Math.min(part, n - part)) / n;
  const [near, far] = [Math.cos(angle), Math.sin(angle)];
  return 2 * part < n ? [near, far] : [far, near];
}

/** The product of two matrices, without negative zeros. */
export function product([[a, b], [c, d]]: PlaneMatrix, [[e, f], [g, h]]: PlaneMatrix): PlaneMatrix {
  return [
    [a * e + b * g + 0, a * f + b * h + 0],
    [c * e + d * g + 0, c * f + d * h + 0],
  ];
}

/** The transpose, which of orthogonal matrices is the inverse. */
export function transposed([[a, b], [c, d]]: PlaneMatrix): PlaneMatrix {
  return [
    [a, c],
    [b, d],
  ];
}

/** Whether all entries are 0, 1 or -1, exactly: orthogonal matrices of this kind map pixels to pixels. */
export function isSignedPermutation(matrix: PlaneMatrix): boolean {
  return matrix.every((row) => row.every((value) => value === 0 || value === 1 || value === -1));
}

/** Whether no entry differs by more than 1e-12. */
export function isClose(x: PlaneMatrix, y: PlaneMatrix): boolean {
  return x.every((row, i) => row.every((value, j) => Math.abs(value - y[i]![j]!) <= tolerance));
}

/** The matrix with 0, 1 and -1 in place of what is within 1e-12 of them: cos(pi / 2) is not quite 0. */
export function snapped(matrix: PlaneMatrix): PlaneMatrix {
  const snap = (value: number): number => {
    const near = Math.round(value);
    return Math.abs(value - near) <= tolerance ? near + 0 : value;
  };
  const [[a, b], [c, d]] = matrix;
  return [
    [snap(a), snap(b)],
    [snap(c), snap(d)],
  ];
}

/** Plane (Givens) rotations. */

/** Cosine and sine of a rotation, and the length that it leaves. */
export interface Rotation {
  readonly c: number;
  readonly s: number;
  readonly r: number;
}

/** The rotation with c x + s z = r and c z - s x = 0. */
export function rotationOf(x: number, z: number): Rotation {
  if (z === 0) return { c: 1, s: 0, r: x };
  const r = Math.hypot(x, z);
  return { c: x / r, s: z / r, r };
}

/** Rows i and j of a row-major array become c i + s j and c j - s i. */
export function rotateRows(data: Float64Array, width: number, i: number, j: number, { c, s }: Rotation): void {
  const first = i * width;
  const second = j * width;
  for (let k = 0; k < width; k++) {
    const x = data[first + k]!;
    const y = data[second + k]!;
    data[first + k] = c * x + s * y;
    data[second + k] = c * y - s * x;
  }
}

/** Poses that need be no elements of a group: an angle, and whether the plane is mirrored first. */
import { OptionError, quote } from '@saccade/tensor';
import { type PlaneMatrix, product, transposed } from '../groups/plane-matrix.js';

/** An angle in radians, counter-clockwise as images are shown; with `mirrored`, behind the mirror of the columns. */
export type Pose = number | { readonly angle: number; readonly mirrored?: boolean | undefined };

/** What poses do with (row, column). @throws {OptionError} for no poses, and for angles that are not finite */
export function poseMatrices(op: string, poses: readonly Pose[]): PlaneMatrix[] {
  if (!Array.isArray(poses) || poses.length === 0) {
    throw new OptionError(`${op}: expected angles such as [0, Math.PI / 3], got ${quote(poses)}`);
  }
  return (poses as readonly Pose[]).map((pose) => {
    const { angle, mirrored = false } =
      typeof pose === 'number' ? { angle: pose } : (Object(pose) as { angle: number });
    if (!Number.isFinite(angle)) throw new OptionError(`${op}: an angle must be a finite number, got ${quote(angle)}`);
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
    return mirrored ? [[cos, sin], [sin, -cos]] : [[cos, -sin], [sin, cos]]; // biome-ignore format: matrices
  });
}

/** Features of a pose: cosine and sine of its angle, and 1, or -1 for a mirrored one. */
export const poseFeatures = 3;

/** The features. */
export function featuresOf([[a, b], [c, d]]: PlaneMatrix): readonly number[] {
  return [a, c, Math.sign(a * d - b * c)];
}

/** One pose as another sees it: from^-1 to. */
export function seenFrom(from: PlaneMatrix, to: PlaneMatrix): PlaneMatrix {
  return product(transposed(from), to);
}

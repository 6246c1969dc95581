/** Where the heads of a layer look, summed up along each axis, on the host. */
import type { Tensor } from '@saccade/tensor';

/** A layer whose heads have weights by position, or a part that has. */
export interface PositionHeads {
  readonly dims: number;
  readonly heads: number;
  /** [heads, ...], 2 radius + 1 offsets along each axis. */
  probabilities(radius: number): Tensor;
}

/** Attention of all heads over the offsets -radius ... radius. */
export interface Neighbourhood {
  readonly radius: number;
  readonly dims: number;
  readonly heads: number;
  /** [heads, ...offsets]. */
  readonly p: ArrayLike<number>;
}

/** Reads it. @throws {DeviceError} on a GPU, whose memory the CPU does not see */
export function neighbourhood(layer: PositionHeads, radius: number): Neighbourhood {
  const { dims, heads } = layer;
  const t = layer.probabilities(radius);
  try {
    return { radius, dims, heads, p: t.dataSync() };
  } finally {
    t.dispose();
  }
}

/** The offset along each axis of place `i` in row-major order. */
export function offsetAt({ radius, dims }: Neighbourhood, i: number): number[] {
  const extent = 2 * radius + 1;
  const offset = new Array<number>(dims);
  for (let axis = dims - 1, rest = i; axis >= 0; axis--) {
    offset[axis] = (rest % extent) - radius || 0;
    rest = Math.floor(rest / extent);
  }
  return offset;
}

/** The share of each head's weight at each offset of one axis, whatever the others: [heads][offsets]. */
export function marginals(near: Neighbourhood, axis: number): Float64Array[] {
  const { radius, dims, heads, p } = near;
  const extent = 2 * radius + 1;
  const [size, inner] = [extent ** dims, extent ** (dims - 1 - axis)];
  return Array.from({ length: heads }, (_, h) => {
    const sums = new Float64Array(extent);
    for (let i = 0; i < size; i++) sums[Math.floor(i / inner) % extent]! += p[h * size + i]!;
    return sums;
  });
}

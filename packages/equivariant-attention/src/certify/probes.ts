/** Random inputs on which models are measured. */
import { type DType, type Rng, type Tensor, tensor } from '@saccade/tensor';

/** What the inputs are like. */
export interface ProbeSpec {
  /** Of one input: [height, width, channels], or [group, height, width, channels]. */
  readonly shape: readonly number[];
  readonly dtype: DType;
}

/** Standard normal pixels: for elements that move pixels, which see any of them. */
export function noiseProbe(rng: Rng, { shape, dtype }: ProbeSpec): Tensor {
  return rng.normal([1, ...shape], { dtype });
}

/** Bumps in a channel. */
const bumps = 8;

/**
 * Smooth pictures that are 0 towards the edges: for elements that interpolate, by which noise would be lost, and corners are. Of each channel, bumps of deviation
 * side / 12, but at least 1.5 pixels, with centres within half of the way to the edge.
 */
export function smoothProbe(rng: Rng, { shape, dtype }: ProbeSpec): Tensor {
  const [height, width, channels] = shape.slice(-3) as [number, number, number];
  const layers = shape.slice(0, -3).reduce((product, extent) => product * extent, 1);
  const reach = Math.min(height, width) / 2;
  const deviation = Math.max(1.5, reach / 6);
  const values = new Float64Array(layers * height * width * channels);
  for (let layer = 0; layer < layers; layer++) {
    for (let channel = 0; channel < channels; channel++) {
      const all = Array.from({ length: bumps }, () => bump(rng, reach / 2));
      for (let pixel = 0; pixel < height * width; pixel++) {
        const row = Math.floor(pixel / width) - (height - 1) / 2;
        const column = (pixel % width) - (width - 1) / 2;
        const at = (layer * height * width + pixel) * channels + channel;
        for (const { y, x, size } of all) {
          values[at]! += size * Math.exp(-((row - y) ** 2 + (column - x) ** 2) / (2 * deviation ** 2));
        }
      }
    }
  }
  return tensor(values, { shape: [1, ...shape], dtype });
}

interface Bump {
  readonly y: number;
  readonly x: number;
  readonly size: number;
}

/** A bump with its centre in a disc. */
function bump(rng: Rng, radius: number): Bump {
  const [distance, angle] = [radius * Math.sqrt(rng.number()), 2 * Math.PI * rng.number()];
  return { y: distance * Math.cos(angle), x: distance * Math.sin(angle), size: 4 * rng.number() - 2 };
}

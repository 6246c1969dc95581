/** The noise of sampled methods, as a function of the sample's number: each pass draws it again, nobody keeps it. */
import { type Device, Rng, type Tensor } from '@saccade/tensor';
import type { NoiseKind } from '../kernels/js/noise.js';

/** Floats of noise that are drawn at once: they stay in the processor's cache. */
const CHUNK = 65_536;

/** Noise as a function of the sample's number: drawn from a place in a stream, again and again the same, or given. */
export interface Noise {
  readonly kind: NoiseKind;
  /** What a backward pass that calls `each` has to keep: the noise, where it was given. */
  readonly saved: readonly Tensor[];
  /** Calls `use` with the noise [count, stride] of the samples from `first` on, until all have been: a tensor that need not outlive the call. */
  each(device: Device, total: number, use: (noise: Tensor, first: number, count: number, stride: number) => void): void;
}

/** Noise [batch, samples, n] that the caller gives. */
export function givenNoise(noise: Tensor, kind: NoiseKind): Noise {
  const stride = noise.shape[2] as number;
  return { kind, saved: [noise], each: (_, total, use) => use(noise, 0, total, stride) };
}

/**
 * Noise that comes from the generator, which moves on behind it: each sample begins at a block of its own. It is drawn again by each pass.
 */
export function drawnNoise(rng: Rng, kind: NoiseKind, total: number, n: number): Noise {
  const start = rng.state;
  const stride = 4 * Math.ceil(n / 4);
  rng.skip(total * stride);
  return {
    kind,
    saved: [],
    each(device, total, use) {
      const again = new Rng(0);
      again.state = start;
      const chunk = Math.max(1, Math.floor(CHUNK / stride));
      for (let first = 0; first < total; first += chunk) {
        const count = Math.min(chunk, total - first);
        const noise = again[kind]([count, stride], { device });
        use(noise, first, count, stride);
        noise.dispose();
      }
    },
  };
}

/** The noise of sampled methods, as a function of the sample's number: each pass draws it again, nobody keeps it. */
import type { Buffer, Device } from '@saccade/kernels';
import { bufferOf, empty, type Rng, type Tensor } from '@saccade/tensor';
import type { NoiseKind } from '../kernels/js/noise.js';

/** Floats of noise that are drawn at once: they stay in the processor's cache. */
const CHUNK = 65_536;

/** Noise as a function of the sample's number: drawn from a place in a stream, again and again the same, or given. */
export interface Noise {
  readonly kind: NoiseKind;
  /** Calls `use` with the noise [count, stride] of the samples from `first` on, until all have been. */
  each(device: Device, total: number, use: (noise: Buffer, first: number, count: number, stride: number) => void): void;
}

/** Noise [batch, samples, n] that the caller gives. */
export function givenNoise(noise: Tensor, kind: NoiseKind): Noise {
  const stride = noise.shape[2] as number;
  return { kind, each: (_, total, use) => use(bufferOf('topK', noise), 0, total, stride) };
}

/**
 * Noise that comes from the generator, which moves on behind it: each sample begins at a block of its own. It is drawn again by each pass.
 */
export function drawnNoise(rng: Rng, kind: NoiseKind, total: number, n: number): Noise {
  const start = rng.state;
  const blocks = Math.ceil(n / 4);
  const stride = 4 * blocks;
  rng.state = { ...start, block: start.block + total * blocks };
  return {
    kind,
    each(device, total, use) {
      const chunk = Math.min(total, Math.max(1, Math.floor(CHUNK / stride)));
      const room = empty(device, 'float32', [chunk, stride]);
      for (let first = 0; first < total; first += chunk) {
        const state = { ...start, block: start.block + first * blocks };
        device.kernels.random(kind, bufferOf('topK', room), state, 0, 1);
        use(bufferOf('topK', room), first, Math.min(chunk, total - first), stride);
      }
      room.dispose();
    },
  };
}

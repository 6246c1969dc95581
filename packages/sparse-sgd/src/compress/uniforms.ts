/** Uniform random numbers on the host: drawn, or given by whoever replays a recorded run. */
import { OptionError, quote, Rng } from '@saccade/tensor';
import { hostDevice } from '../host-device.js';
import { isVector } from './check-vector.js';
import type { Vector } from './message.js';

/** Where an operator has its random numbers from: a generator, or a recorded list of numbers in [0, 1), in the order of their use. */
export type Randomness = Rng | { readonly uniforms: Vector };

/**
 * `count` numbers in [0, 1) with 24 random bits; those of a generator are the same on every device, and it moves on.
 * @throws {OptionError} for anything else, and for a list that is shorter
 */
export function drawUniforms(op: string, source: Randomness, count: number): Vector {
  if (source instanceof Rng) {
    const tensor = source.uniform([count], { device: hostDevice() });
    const numbers = tensor.dataSync();
    tensor.dispose();
    return numbers;
  }
  const uniforms = source?.uniforms;
  if (!isVector(uniforms)) {
    throw new OptionError(`${op}: needs random numbers: pass new Rng(seed) or { uniforms }, got ${quote(source)}`);
  }
  if (uniforms.length >= count) return uniforms;
  throw new OptionError(`${op}: needs ${count} uniforms, got ${uniforms.length}`);
}

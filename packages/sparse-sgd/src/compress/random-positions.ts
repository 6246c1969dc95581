/** Random positions, each at most once: Floyd's sampling, from a generator or from a triple of numbers that all workers know. */
import { Rng, requireCount } from '@saccade/tensor';
import type { Vector } from './message.js';
import { drawUniforms } from './uniforms.js';

/**
 * `k` different positions below `length`, all subsets alike, ascending. Each takes two uniforms: 48 random bits.
 * Floyd's sampling: for j = length - k, ..., length - 1 takes a random t <= j, or j itself where t is taken already.
 */
export function randomPositions(op: string, length: number, k: number, rng: Rng): Int32Array {
  return positionsFrom(drawUniforms(op, rng, 2 * k), length, k);
}

/** The same from uniforms that were drawn, 2 k of them. */
export function positionsFrom(uniforms: Vector, length: number, k: number): Int32Array {
  const draw = (i: number, bound: number): number =>
    Math.floor((uniforms[2 * i]! + uniforms[2 * i + 1]! * 2 ** -24) * bound);
  // A bitmap is faster where many are taken, and has them in order; it would be mostly empty where few are.
  return 32 * k < length ? fewPositions(length, k, draw) : manyPositions(length, k, draw);
}

type Draw = (i: number, bound: number) => number;

function fewPositions(length: number, k: number, draw: Draw): Int32Array {
  const taken = new Set<number>();
  const positions = new Int32Array(k);
  for (let i = 0; i < k; i++) {
    const j = length - k + i;
    const t = draw(i, j + 1);
    positions[i] = taken.has(t) ? j : t;
    taken.add(positions[i]!);
  }
  return positions.sort();
}

function manyPositions(length: number, k: number, draw: Draw): Int32Array {
  const taken = new Uint8Array(length);
  for (let i = 0; i < k; i++) {
    const j = length - k + i;
    const t = draw(i, j + 1);
    taken[taken[t] ? j : t] = 1;
  }
  const positions = new Int32Array(k);
  let count = 0;
  for (let position = 0; position < length; position++) if (taken[position]) positions[count++] = position;
  return positions;
}

/**
 * The positions of a `SeededMessage`: `k` of `length`, the same wherever they are drawn. Philox4x32-10 keyed by the seed, of which the
 * stream number `step` and of that the stream number `stream` is taken (`Rng.derive`), then Floyd's sampling.
 *
 * @param seed that all workers share, a whole number below 2^53
 * @param step of the training, from 0
 * @param stream which vector of the step, from 0
 * @returns ascending
 * @throws {OptionError} unless all are whole numbers in their range and k <= length
 */
export function seededIndices(length: number, k: number, seed: number, step: number, stream: number): Int32Array {
  requireCount('seededIndices', 'length', length, 0, 2 ** 31 - 1);
  requireCount('seededIndices', 'k', k, 0, length);
  return randomPositions('seededIndices', length, k, new Rng(seed).derive(step).derive(stream));
}

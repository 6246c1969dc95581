/** Gradients as the vectors that are compressed. */
import { NonFiniteError } from '@saccade/nn';
import type { Tensor } from '@saccade/tensor';
import { firstNonFinite, isFiniteVector } from '../compress/first-non-finite.js';
import type { Vector } from '../compress/message.js';
import { clipScale } from '../feedback/clip-scale.js';
import { withoutNonFinite } from '../feedback/non-finite.js';
import { fillRoom } from './gradient-room.js';
import type { Replica } from './replica.js';

/**
 * One vector for each group, bounded in norm if the settings say so; undefined if this worker skips the turn. The next call changes them. Under 'throw'
 * what is not finite is left to the feedbacks, which look anyway (see `whichIsNotFinite`).
 */
export async function gradientVectors(
  { room, settings }: Replica,
  gradients: ReadonlyMap<string, Tensor>,
): Promise<readonly Vector[] | undefined> {
  const { onNonFinite, clipNorm, transport } = settings;
  const { vectors } = room;
  await fillRoom(room, gradients);
  for (const vector of onNonFinite === 'throw' ? [] : vectors) {
    if (isFiniteVector(vector)) continue;
    const usable = withoutNonFinite(vector, onNonFinite);
    if (usable === undefined) return undefined;
    vector.set(usable);
  }
  // The norm of all gradients of this worker is to be at most clipNorm / sqrt(workers).
  const scale = clipNorm === undefined ? 1 : clipScale(vectors, clipNorm / Math.sqrt(transport.present.length));
  if (scale < 1) for (const vector of vectors) for (let i = 0; i < vector.length; i++) vector[i]! *= scale;
  return vectors;
}

/** The error of a feedback, with the name of the parameter whose gradient is not finite. */
export function whichIsNotFinite({ groups, inner }: Replica, vectors: readonly Vector[], cause: unknown): unknown {
  if (!(cause instanceof NonFiniteError)) return cause;
  for (const [stream, vector] of vectors.entries()) {
    const entry = firstNonFinite(vector);
    const part = groups[stream]!.parts.find(({ at, length }) => at <= entry && entry < at + length);
    if (part === undefined) continue;
    return new NonFiniteError(
      `DistributedOptimizer: the gradient of '${part.name}' holds ${vector[entry]} at step ${inner.steps}. Nothing was sent, and ` +
        "the memory is as before; { onNonFinite: 'skip' } would leave such a gradient out",
      inner.steps,
      part.name,
    );
  }
  return cause;
}

/** Gradients as the vectors that are compressed. */
import { NonFiniteError } from '@saccade/nn';
import { isTensor, OptionError, quote, ShapeError, sameShape, show, type Tensor } from '@saccade/tensor';
import type { Vector } from '../compress/message.js';
import { isFiniteVector } from '../feedback/check-gradient.js';
import { withoutNonFinite } from '../feedback/non-finite.js';
import { newVector } from '../feedback/precision.js';
import { isWhole } from './groups.js';
import { vectorIn } from './model-arrays.js';
import type { Replica } from './replica.js';

/** @throws {OptionError} if one is missing @throws {ShapeError} if one does not fit */
export function checkGradients(op: string, parameters: ReadonlyMap<string, Tensor>, gradients: unknown): void {
  if (!(gradients instanceof Map)) {
    throw new OptionError(`${op}: expected a Map of gradients by name, got ${quote(gradients)}`);
  }
  for (const [name, { shape, dtype }] of parameters) {
    const gradient: unknown = gradients.get(name);
    if (!isTensor(gradient) || gradient.disposed) throw new OptionError(`${op}: there is no gradient of '${name}'`);
    if (!sameShape(gradient.shape, shape) || gradient.dtype !== dtype) {
      const got = `${gradient.dtype} ${show(gradient.shape)}`;
      throw new ShapeError(`${op}: the gradient of '${name}' must be ${dtype} ${show(shape)}, got ${got}`);
    }
  }
}

/**
 * One vector for each group, bounded in norm if the settings say so; undefined if this worker skips the turn. Under 'throw' what is not finite is left to
 * the feedbacks, which look anyway (see `whichIsNotFinite`).
 */
export async function gradientVectors(
  replica: Replica,
  gradients: ReadonlyMap<string, Tensor>,
): Promise<Vector[] | undefined> {
  const { groups, precision, settings, inner } = replica;
  const names = [...inner.parameters.keys()];
  const read = await Promise.all(names.map((name) => vectorIn(gradients.get(name)!)));
  const flat = new Map(names.map((name, i) => [name, read[i]!]));
  for (const [name, values] of settings.onNonFinite === 'throw' ? [] : flat) {
    const usable = isFiniteVector(values) ? values : withoutNonFinite(values, settings.onNonFinite);
    if (usable === undefined) return undefined;
    flat.set(name, usable);
  }
  const scale = clipScale(flat.values(), settings);
  return groups.map((group) => {
    const vector = isWhole(group) ? flat.get(group.parts[0]!.name)! : newVector('step', precision, group.length);
    if (!isWhole(group)) {
      for (const { name, from, at, length } of group.parts) {
        vector.set(flat.get(name)!.subarray(from, from + length), at);
      }
    }
    return scale < 1 ? vector.map((value) => scale * value) : vector;
  });
}

/** What brings the norm of all gradients of this worker down to clipNorm / sqrt(workers). */
function clipScale(gradients: Iterable<Vector>, { clipNorm, transport }: Replica['settings']): number {
  if (clipNorm === undefined) return 1;
  let squares = 0;
  for (const values of gradients) for (let i = 0; i < values.length; i++) squares += values[i]! ** 2;
  const limit = clipNorm / Math.sqrt(transport.present.length);
  return limit < Math.sqrt(squares) ? limit / Math.sqrt(squares) : 1;
}

/** The error of a feedback, with the name of the parameter whose gradient is not finite. */
export function whichIsNotFinite({ groups, inner }: Replica, vectors: readonly Vector[], cause: unknown): unknown {
  if (!(cause instanceof NonFiniteError)) return cause;
  const stream = vectors.findIndex((vector) => !isFiniteVector(vector));
  const entry = vectors[stream]?.findIndex((value) => !Number.isFinite(value)) ?? -1;
  const part = groups[stream]?.parts.find(({ at, length }) => at <= entry && entry < at + length);
  if (part === undefined) return cause;
  return new NonFiniteError(
    `DistributedOptimizer: the gradient of '${part.name}' holds ${vectors[stream]![entry]} at step ${inner.steps}. Nothing was sent, and ` +
      "the memory is as before; { onNonFinite: 'skip' } would leave such a gradient out",
    inner.steps,
    part.name,
  );
}

/** What messages mean: the vectors that they stand for. */
import { ShapeError } from '@saccade/tensor';
import { requireMessage } from './check-message.js';
import { requireVector } from './check-vector.js';
import type { LevelsMessage, Message, PowersMessage, SignsMessage, Vector } from './message.js';
import { powerOfTwo } from './power-of-two.js';
import { seededIndices } from './random-positions.js';
import { vectorLike } from './vector-like.js';

function addEntries(indices: Int32Array, values: Vector, target: Vector, scale: number): void {
  for (let i = 0; i < indices.length; i++) target[indices[i]!]! += scale * values[i]!;
}

function addAll(values: Vector, target: Vector, scale: number): void {
  for (let i = 0; i < values.length; i++) target[i]! += scale * values[i]!;
}

function addLevels({ length, s, bucket, norms, levels }: LevelsMessage, target: Vector, scale: number): void {
  for (let b = 0; b < norms.length; b++) {
    // Of very large float64, a level times as much would be infinite; a power of two there and back changes nothing else.
    const shrink = Math.abs(scale * norms[b]!) > 1e300 ? 2 ** -16 : 1;
    const factor = scale * norms[b]! * shrink;
    const grow = 1 / shrink;
    const end = Math.min(length, (b + 1) * bucket);
    for (let i = b * bucket; i < end; i++) target[i]! += ((factor * levels[i]!) / s) * grow;
  }
}

function addSigns({ length, bits, negative, positive }: SignsMessage, target: Vector, scale: number): void {
  // A table, as branches would go one way as often as the other.
  const values = Float64Array.of(scale * positive, scale * negative);
  for (let i = 0; i < length; i++) target[i]! += values[(bits[i >>> 3]! >>> (i & 7)) & 1]!;
}

function addPowers({ length, codes }: PowersMessage, target: Vector, scale: number): void {
  for (let i = 0; i < length; i++) target[i]! += scale * powerOfTwo(codes[i]!);
}

/**
 * Adds `scale` times a message to a vector: for `new Float64Array(length)`, all that the message says.
 * @throws {OptionError} for a message of a kind that there is not, and unless the target is a vector
 * @throws {ShapeError} unless the target is as long as the message says
 */
export function applyMessage(message: Message, target: Vector, scale = 1): void {
  requireMessage('applyMessage', message);
  requireVector('applyMessage', target);
  if (message.length !== target.length) {
    throw new ShapeError(`applyMessage: expected a target of length ${message.length}, got ${target.length}`);
  }
  switch (message.kind) {
    case 'sparse':
      addEntries(message.indices, message.values, target, scale);
      break;
    case 'seeded': {
      const { length, values, seed, step, stream } = message;
      addEntries(seededIndices(length, values.length, seed, step, stream), values, target, scale);
      break;
    }
    case 'levels':
      addLevels(message, target, scale);
      break;
    case 'signs':
      addSigns(message, target, scale);
      break;
    case 'powers':
      addPowers(message, target, scale);
      break;
    default:
      addAll(message.values, target, scale);
  }
}

/**
 * The vector that a message stands for, in the precision of its values; float32 for signs and powers, which have none.
 * @throws {OptionError} for a message of a kind that there is not
 */
export function messageVector(message: Message): Vector {
  const vector = emptyVector(requireMessage('messageVector', message));
  applyMessage(message, vector);
  return vector;
}

function emptyVector(message: Message): Vector {
  if (message.kind === 'signs' || message.kind === 'powers') return new Float32Array(message.length);
  return vectorLike(message.kind === 'levels' ? message.norms : message.values, message.length);
}

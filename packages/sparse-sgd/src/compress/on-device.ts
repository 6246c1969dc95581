/** Top-k and QSGD of long vectors by this package's kernels, with SIMD and threads. */
import type { Buffer, Device } from '@saccade/kernels';
import { bufferOf, OptionError, Rng, show, type Tensor } from '@saccade/tensor';
import { hostDevice } from '../host-device.js';
import { sparseSgdKernels } from '../kernels/extension.js';
import { requireFinite } from './check-vector.js';
import type { Entries } from './entries.js';
import { isFiniteVector } from './first-non-finite.js';
import type { Quantized } from './qsgd-plain.js';
import { drawUniforms, type Randomness } from './uniforms.js';

/** Vectors from this length on are worth the way to the device's memory and back. */
export const worthMoving = 16_384;

/** Calls `body` with buffers of these vectors, which are freed afterwards. */
function withBuffers<R>(
  device: Device,
  vectors: readonly Float32Array[],
  body: (buffers: Buffer[], room: Room) => R,
): R {
  const made: Buffer[] = [];
  const room: Room = (dtype, length) => {
    made.push(device.allocate(dtype, length));
    return made.at(-1)!;
  };
  try {
    const buffers = vectors.map((vector) => {
      const buffer = room('float32', vector.length);
      device.write(buffer, vector);
      return buffer;
    });
    return body(buffers, room);
  } finally {
    for (const buffer of made) device.release(buffer);
  }
}

type Room = (dtype: 'float32' | 'int32' | 'uint8', length: number) => Buffer;

/** The entries, and how many of the vector are NaN or infinite: then they are of no use. */
function chooseFrom(device: Device, x: Buffer, k: number, room: Room): Entries & { readonly odd: number } {
  const [indices, values, notFinite] = [room('int32', k), room('float32', k), room('int32', 1)];
  device.extend(sparseSgdKernels).topK(x, indices, values, notFinite, x.length, k);
  const found = device.readSync!(values) as Float32Array;
  for (let e = 0; e < k; e++) found[e]! += 0; // -0 becomes 0
  const odd = device.readSync!(notFinite)[0]!;
  return { indices: device.readSync!(indices) as Int32Array, values: found, odd };
}

/** The k entries of largest magnitude, 1 <= k <= length. @throws {OptionError} if one is NaN or infinite */
export function topKOnDevice(vector: Float32Array, k: number): Entries {
  const device = hostDevice();
  const { odd, ...entries } = withBuffers(device, [vector], ([x], room) => chooseFrom(device, x!, k, room));
  if (odd > 0) requireFinite('topK', vector);
  return entries;
}

/** The same of a float32 tensor of one axis, without moving it; all of it where k is larger. @throws {OptionError} also for a tensor on a GPU */
export function topKOfTensor(vector: Tensor, k: number): Entries {
  const { device, dtype, shape, size } = vector;
  if (dtype !== 'float32' || shape.length !== 1 || size === 0) {
    throw new OptionError(`topK: a tensor must be float32 with one axis and entries, got ${dtype} ${show(shape)}`);
  }
  if (device.readSync === undefined) throw new OptionError('topK: the tensor lies on a GPU; pass await vector.data()');
  const few = Math.min(k, size);
  const find = (_: readonly Buffer[], room: Room) => chooseFrom(device, bufferOf('topK', vector), few, room);
  const { odd, ...entries } = withBuffers(device, [], find);
  if (odd > 0) throw new OptionError(`topK: entries must be finite, got ${odd} that are NaN or infinite`);
  return entries;
}

/** One uniform an entry, in the device's memory: drawn there, where a generator is asked. It does not move on. */
function uniformsIn(device: Device, room: Room, randomness: Randomness, length: number): Buffer {
  const buffer = room('float32', length);
  if (randomness instanceof Rng) device.kernels.random('uniform', buffer, randomness.state, 0, 1);
  else device.write(buffer, drawUniforms('qsgd', randomness, length).subarray(0, length));
  return buffer;
}

/** Moves a generator on as `count` uniforms do. */
function moveOn(rng: Rng, count: number): void {
  const { state } = rng;
  rng.state = { ...state, block: state.block + Math.ceil(count / 4) };
}

/** QSGD's levels, as `qsgdPlain` computes them. @throws {OptionError} if an entry is NaN or infinite */
export function qsgdOnDevice(vector: Float32Array, s: number, bucket: number, randomness: Randomness): Quantized {
  const device = hostDevice();
  const { length } = vector;
  const quantized = withBuffers(device, [vector], ([x], room) => {
    const u = uniformsIn(device, room, randomness, length);
    const [levels, norms] = [room('uint8', 2 * length), room('float32', Math.ceil(length / bucket))];
    device.extend(sparseSgdKernels).qsgd(x!, u, levels, norms, length, s, bucket);
    const bytes = device.readSync!(levels) as Uint8Array;
    return { norms: device.readSync!(norms) as Float32Array, levels: new Int16Array(bytes.buffer) };
  });
  // The norms of finite entries are finite.
  if (!isFiniteVector(quantized.norms)) requireFinite('qsgd', vector);
  // Not before: what fails draws nothing.
  if (randomness instanceof Rng) moveOn(randomness, length);
  return quantized;
}

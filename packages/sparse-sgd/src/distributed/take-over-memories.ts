/** Memories from a check point: each to the worker and tensor that it belongs to now, and a warning for what belongs nowhere. */
import { OptionError, sameShape, scope, type Tensor, tensor, zerosLike } from '@saccade/tensor';
import { type ByTensor, byGroup, stored, vectorOf } from './memory-by-tensor.js';
import { meanMemory, redistribute } from './redistribute.js';
import type { Replica } from './replica.js';
import type { RunHeader } from './run-header.js';

const what = 'loadDistributed';
const prefix = 'memory.';

/**
 * Gives a replica, whose feedbacks remember nothing yet, its part of the memories of all workers of the run before. What was not sent and has no
 * place any more is sent at once, the same on every worker. @throws {OptionError} if a rate of 0 leaves no way to do that
 */
export function takeOverMemories(replica: Replica, before: readonly ByTensor[], header: RunHeader): void {
  const { transport, onMemoryMismatch } = replica.settings;
  const memories = before.map((memory) => inOwnUnits(replica, memory, header));
  const mean = meanMemory(memories);
  const places = placesFor(replica, mean);
  const others = memories.length !== transport.size;
  const flushesAll = others && onMemoryMismatch === 'flush';
  const own = redistribute(memories, transport.rank, transport.size);
  for (const key of own.keys()) if (!places.has(key) || (flushesAll && key.startsWith(prefix))) own.delete(key);
  restore(replica, own);
  if (others) {
    const fate = flushesAll ? 'their mean is sent at once, as one more step' : 'they are redistributed';
    console.warn(`${what}: the memories are of ${memories.length} workers, now there are ${transport.size}: ${fate}`);
  }
  const homeless = [...mean.keys()].filter((key) => !places.has(key));
  const canGo = (key: string): boolean => canBeSent(replica, key, mean);
  const lost = homeless.filter((key) => !canGo(key));
  const late = homeless.filter(canGo);
  if (lost.length > 0) console.warn(`${what}: ${lost.join(', ')} fits nothing here and is left out`);
  if (late.length > 0)
    console.warn(`${what}: ${late.join(', ')} has no place here: its mean is sent at once, as one more step`);
  flush(replica, mean, flushesAll ? [...mean.keys()].filter(canGo) : late);
}

/** A memory of steps is rate times one of gradients. */
function inOwnUnits({ settings }: Replica, memory: ByTensor, { memoryOf, rate }: RunHeader): ByTensor {
  if (memoryOf === settings.memoryOf) return memory;
  if (rate === 0) throw new OptionError(`${what}: the rate was 0 then: load it with memoryOf '${memoryOf}'`);
  const factor = memoryOf === 'gradient' ? rate : 1 / rate;
  return new Map(
    Array.from(memory, ([key, array]) => {
      const values = key.startsWith(prefix) ? vectorOf(array) : undefined;
      return [
        key,
        values === undefined
          ? array
          : stored(
              values.map((value) => factor * value),
              array.shape,
            ),
      ];
    }),
  );
}

/** The keys that some feedback takes. */
function placesFor({ groups, feedbacks, inner }: Replica, given: ByTensor): ReadonlySet<string> {
  const wanted = feedbacks.map(({ state }) => state);
  return byGroup(groups, wanted, given, inner.parameters).taken;
}

function restore({ groups, feedbacks, inner }: Replica, given: ByTensor): void {
  const wanted = feedbacks.map(({ state }) => state);
  byGroup(groups, wanted, given, inner.parameters).records.forEach((record, stream) => {
    feedbacks[stream]!.restore(record);
  });
}

/** Whether a mean memory can be sent: its tensor is there and has its shape. */
function canBeSent({ inner }: Replica, key: string, mean: ByTensor): boolean {
  const parameter = inner.parameters.get(key.slice(prefix.length));
  return key.startsWith(prefix) && parameter !== undefined && sameShape(parameter.shape, mean.get(key)!.shape);
}

/** One step along mean memories, where all other gradients are 0. */
function flush({ inner, settings }: Replica, mean: ByTensor, keys: readonly string[]): void {
  if (keys.length === 0) return;
  const unit = settings.memoryOf === 'step' ? inner.rate : 1;
  if (unit === 0) throw new OptionError(`${what}: memories cannot be sent while the rate is 0`);
  scope(() => {
    const gradients = new Map(Array.from(inner.parameters, ([name, t]) => [name, zerosLike(t)]));
    for (const key of keys) {
      const name = key.slice(prefix.length);
      const { shape, dtype, device } = inner.parameters.get(name)!;
      const values = vectorOf(mean.get(key))!.map((value) => value / unit);
      gradients.set(name, tensor(values, { shape, dtype, device }) as Tensor);
    }
    inner.step(gradients);
  });
}

/** What the messages of steps would have weighed. */
import { encodedBytes } from '../wire/encoded-bytes.js';
import { messageBits } from '../wire/paper-bits.js';
import type { Traffic } from './steps.js';

/** Adds the messages of `count` steps of a model of `length` entries: `entries` int32 [count, k], -1 for none; undefined where all are sent. */
export function countTraffic(
  traffic: Traffic,
  first: number,
  count: number,
  length: number,
  k: number,
  entries: Int32Array | undefined,
): void {
  if (entries === undefined) {
    const message = { kind: 'dense', length, values: new Float32Array(length) } as const;
    traffic.bits += count * messageBits(message);
    traffic.bytes += count * encodedBytes(message, { step: first + count - 1 });
    return;
  }
  const values = new Float32Array(k);
  for (let step = 0; step < count; step++) {
    const own = entries.subarray(step * k, (step + 1) * k);
    const indices = k === 1 && own[0]! < 0 ? own.subarray(0, 0) : own.sort();
    const message = { kind: 'sparse', length, indices, values: values.subarray(0, indices.length) } as const;
    traffic.bits += messageBits(message);
    traffic.bytes += encodedBytes(message, { step: first + step });
  }
}

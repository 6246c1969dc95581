/** What the messages of steps would have weighed. */
import { varintBytes } from '../wire/byte-writer.js';
import { encodedBytes } from '../wire/encoded-bytes.js';
import { messageBits, paperBits } from '../wire/paper-bits.js';
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
  const nothing = { kind: 'sparse', length, indices: new Int32Array(0), values: new Float32Array(0) } as const;
  // A single entry takes as much room wherever it stands; only the number of the step grows.
  let known = -1;
  let single = 0;
  for (let step = first; step < first + count; step++) {
    const own = entries.subarray((step - first) * k, (step - first + 1) * k);
    if (k === 1 && own[0]! < 0) {
      traffic.bytes += encodedBytes(nothing, { step });
      continue;
    }
    traffic.bits += paperBits('sparse', { k });
    if (k === 1 && varintBytes(step) === known) {
      traffic.bytes += single;
      continue;
    }
    single = encodedBytes({ kind: 'sparse', length, indices: own.sort(), values }, { step });
    known = varintBytes(step);
    traffic.bytes += single;
  }
}

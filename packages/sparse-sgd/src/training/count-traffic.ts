/** What the messages of steps would have weighed: as `PlainSteps` weighs the compressor's own. */
import { varintBytes } from '../wire/byte-writer.js';
import { encodedBytes } from '../wire/encoded-bytes.js';
import { messageBits } from '../wire/paper-bits.js';
import type { Traffic } from './steps.js';

/** The size of a message, which grows with nothing but the number of its step: measured once for each length of that. */
function sizeAt(message: Parameters<typeof encodedBytes>[0]): (step: number) => number {
  const known: number[] = [];
  return (step) => (known[varintBytes(step)] ??= encodedBytes(message, { step }));
}

/** Adds the messages of `count` steps of a model of `length` entries: `entries` int32 [count, k], -1 for none; undefined where all are sent. */
export function countTraffic(
  traffic: Traffic,
  first: number,
  count: number,
  length: number,
  k: number,
  entries: Int32Array | undefined,
): void {
  const all = { kind: 'dense', length, values: new Float32Array(length) } as const;
  const values = new Float32Array(k);
  const sparse = (indices: Int32Array) =>
    ({ kind: 'sparse', length, indices, values: values.subarray(0, indices.length) }) as const;
  const [bytesOfAll, bytesOfOne, bytesOfNone] = [all, sparse(Int32Array.of(0)), sparse(new Int32Array(0))].map(sizeAt);
  for (let step = first; step < first + count; step++) {
    if (entries === undefined || k === length) {
      traffic.bits += messageBits(all);
      traffic.bytes += bytesOfAll!(step);
      continue;
    }
    const own = entries.subarray((step - first) * k, (step - first + 1) * k);
    // Where a single entry stands makes no difference.
    const indices = k === 1 ? own : own.filter((j) => j >= 0).sort();
    const sent = k === 1 ? Number(own[0]! >= 0) : indices.length;
    traffic.bits += 64 * sent;
    traffic.bytes +=
      sent === 0 ? bytesOfNone!(step) : sent === 1 ? bytesOfOne!(step) : encodedBytes(sparse(indices), { step });
  }
}

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
  const bitsOfAll = messageBits(all);
  for (let step = first; step < first + count; step++) {
    if (entries === undefined || k === length) {
      traffic.bits += bitsOfAll;
      traffic.bytes += bytesOfAll!(step);
    } else if (k === 1) {
      // Where a single entry stands makes no difference.
      const sent = entries[step - first]! >= 0;
      traffic.bits += sent ? 64 : 0;
      traffic.bytes += sent ? bytesOfOne!(step) : bytesOfNone!(step);
    } else {
      const own = entries.subarray((step - first) * k, (step - first + 1) * k);
      const indices = own.filter((j) => j >= 0).sort();
      traffic.bits += 64 * indices.length;
      traffic.bytes += encodedBytes(sparse(indices), { step });
    }
  }
}

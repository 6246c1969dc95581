/** How the top-k of a long vector goes on: a threshold from a sample, a pass that collects, an exact choice. */
import type { WasmBuffer, WasmRuntime } from '@saccade/kernels';

/** Entries of one item of `collect`, as in assembly/select.ts. */
const PIECE = 32_768;
/** Entries that are looked at for the threshold. */
const SAMPLES = 8192;

/** Which rank in the sample surely lies below the k-th of all: four deviations down, and a few more for small samples. 0: no threshold helps. */
function sampleRank(n: number, k: number): number {
  const expected = (SAMPLES * k) / n;
  const rank = Math.ceil(expected + 4 * Math.sqrt(expected) + 8);
  return n < 4 * SAMPLES || rank > SAMPLES / 4 ? 0 : rank;
}

/** The k entries of largest magnitude, as `SparseSgdKernels.topK` says. */
export function topK(
  runtime: WasmRuntime,
  x: WasmBuffer,
  indices: WasmBuffer,
  values: WasmBuffer,
  notFinite: WasmBuffer,
  n: number,
  k: number,
): void {
  const pieces = Math.ceil(n / PIECE);
  const rank = sampleRank(n, k);
  const collect = (threshold: number, found: number, counts: number): number => {
    runtime.parallel('sparseSgd.collect', [x.address, n, threshold, found, counts], pieces, PIECE / 2);
    const each = new Int32Array(runtime.memory.buffer, counts, pieces);
    return each.reduce((total, count) => total + count, 0);
  };
  runtime.withBlock(4 * (n + pieces), (found) => {
    const counts = found + 4 * n;
    const guess =
      rank === 0
        ? 0
        : runtime.withBlock(8 * SAMPLES, (keys) =>
            runtime.call('sparseSgd.sampleThreshold', x.address, n, SAMPLES, rank, keys),
          );
    let total = collect(guess, found, counts);
    // A sample that is not like the rest: then all are looked at.
    if (total < k) total = collect(0, found, counts);
    const odd = runtime.withBlock(8 * total, (keys) =>
      runtime.call('sparseSgd.choose', x.address, n, k, found, counts, keys, indices.address, values.address),
    );
    (runtime.view(notFinite) as Int32Array)[0] = odd;
  });
}

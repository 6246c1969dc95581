/** Attention kernels of the `wasm` device. */
import type { AttentionKernels, AttentionSizes } from '../table/attention.js';
import type { WasmBuffer, WasmRuntime } from './runtime.js';

/** Queries (or keys) that stay with a thread, and keys (or queries) that pass by at a time: assembly/attention-block.ts. */
const LANES = 48;
const ROWS = 96;
const LANE_BYTES = LANES * 4;
const BLOCK_BYTES = ROWS * LANE_BYTES;
const SPARE_BYTES = 192;

/** The words of the parameter block, in the order of assembly/attention-block.ts. */
function wordsOf(s: AttentionSizes): number[] {
  const rank = s.batchShape.length;
  const words = [s.queries, s.keys, s.channels, s.valueChannels, s.causal ? 1 : 0];
  // Strides over queries and keys; zeros where there is no such buffer.
  for (const strides of [s.biasStrides, s.maskStrides]) words.push(strides[rank] ?? 0, strides[rank + 1] ?? 0);
  words.push(rank, ...s.batchShape);
  for (const strides of [s.biasStrides, s.maskStrides]) {
    for (let axis = 0; axis < rank; axis++) words.push(strides[axis] ?? 0);
  }
  return words;
}

/** Scratch of one thread: `blocks` blocks of scores, the packed lanes, and room for whatever passes by. */
function scratchBytes(s: AttentionSizes, blocks: number): number {
  const widest = Math.max(s.channels, s.valueChannels, 8);
  const lanes = LANE_BYTES * (s.channels + s.valueChannels + 3);
  return SPARE_BYTES + blocks * BLOCK_BYTES + lanes + ROWS * 4 * Math.ceil(widest / 8) * 8;
}

/** Elementary steps for a block of lanes, with `products` products of each pair of rows. */
function costOf(s: AttentionSizes, others: number, products: number): number {
  return LANES * others * (products * Math.max(s.channels, s.valueChannels) + 8);
}

/** The bias's gradient, with those items made one that add to the same elements. */
function sharing(s: AttentionSizes): { turns: number; blocks: number } {
  const rank = s.batchShape.length;
  const shared = s.batchShape.some((size, axis) => size > 1 && s.biasStrides[axis] === 0);
  return {
    turns: shared ? s.batch : 1,
    blocks: s.biasStrides[rank] === 0 ? Math.ceil(s.queries / LANES) : 1,
  };
}

/** The family over one runtime. */
export function attentionKernels(runtime: WasmRuntime): AttentionKernels<WasmBuffer> {
  return {
    attention(query, key, value, bias, mask, out, logSumExp, sizes) {
      if (out.dtype !== 'float32') {
        runtime.fallback.attention(query, key, value, bias, mask, out, logSumExp, sizes);
        return;
      }
      const inputs = [query.address, key.address, value.address, bias?.address ?? 0, mask?.address ?? 0];
      const [words = 0] = runtime.parameters(wordsOf(sizes));
      const args = [...inputs, out.address, logSumExp.address, sizes.scale, words];
      const items = sizes.batch * Math.ceil(sizes.queries / LANES);
      runtime.parallel('attention', args, items, costOf(sizes, sizes.keys, 2), scratchBytes(sizes, 1));
    },
    attentionGrad(query, key, value, bias, mask, out, logSumExp, dOut, dQuery, dKey, dValue, dBias, sizes) {
      if (out.dtype !== 'float32') {
        const gradients = [dQuery, dKey, dValue, dBias] as const;
        runtime.fallback.attentionGrad(query, key, value, bias, mask, out, logSumExp, dOut, ...gradients, sizes);
        return;
      }
      const { batch, queries, keys, valueChannels, scale } = sizes;
      if (dBias) runtime.view(dBias).fill(0);
      const scratch = scratchBytes(sizes, 2);
      runtime.withBlock(4 * batch * queries, (means) => {
        const meanArgs = [out.address, dOut.address, means, valueChannels];
        runtime.parallel('attentionMeans', meanArgs, batch * queries, valueChannels);
        const inputs = [query.address, key.address, value.address, bias?.address ?? 0, mask?.address ?? 0];
        const sources = [...inputs, logSumExp.address, means, dOut.address];
        const { turns, blocks } = dBias ? sharing(sizes) : { turns: 1, blocks: 1 };
        const [words = 0] = runtime.parameters(wordsOf(sizes));
        runtime.parallel(
          'attentionGradQuery',
          [...sources, dQuery.address, dBias?.address ?? 0, scale, turns, Math.max(1, blocks), words],
          ((batch / turns) * Math.ceil(queries / LANES)) / Math.max(1, blocks),
          costOf(sizes, keys, 3) * turns * blocks,
          scratch,
        );
        runtime.parallel(
          'attentionGradKey',
          [...sources, dKey.address, dValue.address, scale, words],
          batch * Math.ceil(keys / LANES),
          costOf(sizes, queries, 4),
          scratch,
        );
      });
    },
  };
}

/** Attention kernels of the `wasm` device. */
import type { AttentionKernels, AttentionSizes } from '../table/attention.js';
import type { WasmBuffer } from './buffer.js';
import type { WasmRuntime } from './runtime.js';

/** Queries (or keys) that stay with a thread, and keys (or queries) that pass by at a time: assembly/attention-block.ts. */
const LANES = 48;
const ROWS = 96;
const LANE_BYTES = LANES * 4;
const BLOCK_BYTES = ROWS * LANE_BYTES;
const SPARE_BYTES = 192;
/** Items of the gradients, about: enough to share, not so many that their parts of dquery take much memory. */
const ITEMS = 16;

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

/** How the gradients are shared: see assembly/attention-grad.ts. By the sizes alone, as it sets the order of summation. */
function sharing(s: AttentionSizes, withBias: boolean): { turns: number; blocks: number; parts: number } {
  const all = Math.ceil(s.keys / LANES);
  const shared = withBias && s.batchShape.some((size, axis) => size > 1 && s.biasStrides[axis] === 0);
  const turns = shared ? s.batch : 1;
  const oneRun = withBias && s.biasStrides[s.batchShape.length + 1] === 0;
  const blocks = oneRun ? all : Math.ceil((all * s.batch) / turns / ITEMS);
  const size = Math.max(1, Math.min(blocks, all));
  return { turns, blocks: size, parts: Math.max(1, Math.ceil(all / size)) };
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
    attentionGrad(query, key, value, bias, mask, out, logSumExp, dout, dquery, dkey, dvalue, dbias, sizes) {
      if (out.dtype !== 'float32') {
        const gradients = [dquery, dkey, dvalue, dbias] as const;
        runtime.fallback.attentionGrad(query, key, value, bias, mask, out, logSumExp, dout, ...gradients, sizes);
        return;
      }
      if (dbias) runtime.view(dbias).fill(0);
      const { turns, blocks, parts } = sharing(sizes, dbias !== undefined);
      const inputs = [query.address, key.address, value.address, bias?.address ?? 0, mask?.address ?? 0];
      const saved = [out.address, logSumExp.address, dout.address];
      const run = (to: number): void => {
        const [words = 0] = runtime.parameters(wordsOf(sizes));
        const results = [to, dkey.address, dvalue.address, dbias?.address ?? 0];
        const args = [...inputs, ...saved, ...results, sizes.scale, sizes.batch, turns, blocks, parts, words];
        const cost = costOf(sizes, sizes.queries, 5) * turns * blocks;
        runtime.parallel('attentionGrad', args, (sizes.batch / turns) * parts, cost, scratchBytes(sizes, 2));
      };
      if (parts === 1) return run(dquery.address);
      runtime.withBlock(4 * parts * dquery.length, (partials) => {
        run(partials);
        runtime.parallel('sumPartials', [partials, parts, dquery.length, dquery.address, 0], dquery.length, parts);
      });
    },
  };
}

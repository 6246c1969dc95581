/** How the package's WebAssembly is called: what the export takes, how costly an item is, how much private memory it needs. */
import type { KernelsOn, WasmBuffer, WasmRuntime } from '@saccade/kernels';
import type { CollaborativeKernels, SharedAttentionSizes } from '../kernels/table.js';

/** As in kernels/assembly/attention-block.ts: queries that stay with a thread, and keys that pass by at a time. */
const LANES = 48;
const ROWS = 96;
const LANE_BYTES = 4 * LANES;
/** As in kernels/assembly/tile.ts. */
const SPARE_BYTES = 192;

/** The words of the parameter block, in the order of attention-block.ts; leading axes are batch and heads. */
function wordsOf(s: SharedAttentionSizes): number[] {
  const words = [s.queries, s.keys, s.dims, s.channels, s.causal ? 1 : 0];
  for (const strides of [s.biasStrides, s.maskStrides]) words.push(strides[2] ?? 0, strides[3] ?? 0);
  words.push(2, s.batch, s.heads);
  for (const strides of [s.biasStrides, s.maskStrides]) words.push(strides[0] ?? 0, strides[1] ?? 0);
  return words;
}

/** The kernel over one runtime. */
export function wasmCalls(runtime: WasmRuntime): Partial<KernelsOn<WasmBuffer, CollaborativeKernels>> {
  return {
    sharedAttention(query, mixing, key, content, value, bias, mask, out, sizes) {
      const { batch, heads, queries, keys, dims, channels, scale } = sizes;
      const [words = 0] = runtime.parameters(wordsOf(sizes));
      const inputs = [query, mixing, key, content, value, bias, mask].map((buffer) => buffer?.address ?? 0);
      const args = [...inputs, out.address, scale, heads, words];
      const widest = Math.max(dims, channels, 8);
      const scratch = SPARE_BYTES + ROWS * LANE_BYTES + LANE_BYTES * (dims + 4) + ROWS * 4 * Math.ceil(widest / 8) * 8;
      const items = batch * heads * Math.ceil(queries / LANES);
      runtime.parallel('collabAttention.sharedAttention', args, items, LANES * keys * (2 * widest + 8), scratch);
    },
  };
}

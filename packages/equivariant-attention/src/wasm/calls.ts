/** How the package's WebAssembly is called: what each export takes, how costly an item is, how much private memory it needs. */
import type { KernelsOn, WasmBuffer, WasmRuntime } from '@saccade/kernels';
import type { DropoutNumbers, EquivariantKernels, GroupAttentionSizes } from '../kernels/table.js';
import { ITEMS, type Layout, layoutOf } from './room.js';

/** Rows of pixels of an item, forward. */
function bandOf({ batch, heads, height }: GroupAttentionSizes): number {
  return Math.ceil(height / Math.max(1, Math.min(height, Math.ceil(ITEMS / (batch * heads)))));
}

/** Elementary steps for one head of one image. */
function costOf({ outputs, queries, keys, offsets, dims, groupDims, height, width }: GroupAttentionSizes): number {
  const mid = 2 * dims + groupDims;
  return height * width * keys * offsets * (mid * (queries + outputs) + 3 * queries * outputs);
}

/** Heads, of one image or of four; none where there is no pixel. */
function headsOf({ batch, heads, height, width }: GroupAttentionSizes, { images }: Layout): number {
  return height * width === 0 ? 0 : Math.ceil(batch / images) * heads;
}

/** The words of the parameter block, in the order of assembly/call.ts. */
function wordsOf(addresses: readonly number[], s: GroupAttentionSizes, band: number, layout: Layout): number[] {
  return [
    ...addresses,
    ...[s.batch, s.heads, s.outputs, s.queries, s.keys, s.offsets, s.height, s.width, s.dims, s.groupDims],
    ...[s.rows, s.columns, s.entries, s.pairs, band, s.above, s.below],
    ...dropoutWords(s.dropout),
    ...[layout.wide, layout.images, layout.columnBytes, layout.margin, layout.rowBytes, layout.plane],
    ...layout.places,
  ];
}

function dropoutWords(dropout: DropoutNumbers | undefined): number[] {
  if (dropout === undefined) return [0, 0, 0, 0, 0, 0];
  const { key0, key1, block, blocks, threshold } = dropout;
  return [key0, key1, block % 2 ** 32, Math.floor(block / 2 ** 32), blocks, threshold];
}

/** Addresses of what both passes read. */
function inputAddresses(
  inputs: readonly (WasmBuffer | undefined)[],
  plan: WasmBuffer,
  window: WasmBuffer | undefined,
  orbit: WasmBuffer | undefined,
  s: GroupAttentionSizes,
): number[] {
  const pairs = plan.address + 8 * s.offsets;
  const pairAt = pairs + 8 * s.pairs;
  const lists = [plan.address, pairs, pairAt, pairAt + 4 * s.offsets * s.outputs];
  const rows = s.outputs * s.queries * s.height * s.width;
  const orbits = orbit === undefined ? [0, 0] : [orbit.address, orbit.address + 4 * rows];
  return [...inputs.map((buffer) => buffer?.address ?? 0), ...lists, window?.address ?? 0, ...orbits];
}

/** The kernels over one runtime. */
export function wasmCalls(runtime: WasmRuntime): Partial<KernelsOn<WasmBuffer, EquivariantKernels>> {
  return {
    groupAttention(query, key, value, row, column, group, plan, window, orbit, out, sizes) {
      const band = bandOf(sizes);
      const layout = layoutOf(sizes, false, band);
      const inputs = inputAddresses([query, key, value, row, column, group], plan, window, orbit, sizes);
      const [call = 0] = runtime.parameters(wordsOf([...inputs, out.address, 0, 0, 0, 0], sizes, band, layout));
      const args = [call, sizes.scale, sizes.dropout?.factor ?? 1];
      const bands = Math.ceil(sizes.height / band);
      const items = headsOf(sizes, layout) * bands;
      const cost = (costOf(sizes) * layout.images) / bands;
      runtime.parallel('equivariantAttention.groupAttention', args, items, cost, layout.bytes);
    },
    groupAttentionGrad(query, key, value, row, column, group, plan, window, orbit, dout, ...rest) {
      const [dquery, dkey, dvalue, drow, dcolumn, dgroup, sizes] = rest;
      const layout = layoutOf(sizes, true);
      const inputs = inputAddresses([query, key, value, row, column, group], plan, window, orbit, sizes);
      const tables = [drow, dcolumn, ...(dgroup ? [dgroup] : [])];
      const items = headsOf(sizes, layout);
      const length = tables.reduce((sum, table) => sum + table.length, 0);
      runtime.withBlock(8 * items * length, (partials) => {
        const outs = [dout, dquery, dkey, dvalue].map((buffer) => buffer.address);
        const words = wordsOf([...inputs, ...outs, partials], sizes, sizes.height, layout);
        const args = [...runtime.parameters(words), sizes.scale, sizes.dropout?.factor ?? 1];
        const name = 'equivariantAttention.groupAttentionGrad';
        runtime.parallel(name, args, items, 3 * costOf(sizes) * layout.images, layout.bytes);
        addPartials(runtime, partials, items, tables);
      });
    },
  };
}

/** Sums the items' parts, one after another, so that threads change nothing. */
function addPartials(runtime: WasmRuntime, partials: number, items: number, tables: readonly WasmBuffer[]): void {
  const length = tables.reduce((sum, table) => sum + table.length, 0);
  const parts = new Float64Array(runtime.memory.buffer, partials, items * length);
  const sums = new Float64Array(length);
  for (let item = 0, at = 0; item < items; item++) {
    for (let i = 0; i < length; i++, at++) sums[i]! += parts[at] as number;
  }
  let at = 0;
  for (const table of tables) {
    runtime.view(table).set(sums.subarray(at, at + table.length));
    at += table.length;
  }
}

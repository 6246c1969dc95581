/** Gather, scatter and one-hot on the GPU. An index outside its axis reads some other element, and adds to none. */
import type { IndexingKernels, IndexSizes } from '../table/indexing.js';
import { EXACT, type GpuBuffer } from './buffer.js';
import { elementOf } from './elementwise.js';
import { groupById } from './groups.js';
import { copy } from './layout.js';
import type { GpuKernels, Plan } from './plan.js';
import { foldRanges } from './ranges.js';

/** So many indices are looked through by every element of the output; more are sorted first. */
const FEW = 64;

const readers: Pick<GpuKernels<IndexingKernels<GpuBuffer>>, 'gather' | 'takeAlong' | 'oneHot'> = {
  gather(plan, x, indices, out, { outer, size, inner, count }) {
    const single = inner === 1;
    plan.run({
      name: `gather${single ? 'Elements' : 'Rows'}`,
      body: single
        ? 'return x[#y * size + int(indices[#x])];'
        : 'return x[(#z * size + int(indices[#y])) * inner + #x];',
      inputs: { x, indices },
      sizes: single ? { size } : { size, inner },
      grid: single ? [count, outer] : [inner, count, outer],
      out,
    });
  },

  takeAlong(plan, x, indices, out, { outer, size, inner, count }) {
    plan.run({
      name: 'takeAlong',
      body: 'return x[(#z * size + int(indices[(#z * count + #y) * inner + #x])) * inner + #x];',
      inputs: { x, indices },
      sizes: { size, inner, count },
      grid: [inner, count, outer],
      out,
    });
  },

  oneHot(plan, indices, out, count, depth, on, off) {
    const [lit, dark] = [elementOf(out.dtype, on), elementOf(out.dtype, off)];
    if (lit === undefined || dark === undefined) return false;
    plan.run({
      name: 'oneHot',
      body: 'if (int(indices[#y]) === #x) { return lit; } return dark;',
      inputs: { indices },
      numbers: { lit, dark },
      grid: [depth, count],
      out,
    });
  },
};

/** Every element of the output looks at each index; `index` is the one of the j-th update. */
function scatterFew(plan: Plan, name: string, index: string, operands: Operands, sizes: IndexSizes): void {
  const { size, inner, outer, count } = sizes;
  plan.run({
    name,
    body: `
      let sum = old[(#z * size + #y) * inner + #x];
      for (let j = 0; j < count; j++) {
        if (int(indices[${index}]) === #y) { sum += updates[(#z * count + j) * inner + #x]; }
      }
      return sum;`,
    inputs: { old: operands.out, indices: operands.indices, updates: operands.updates },
    sizes: { size, inner, count },
    grid: [inner, size, outer],
    out: operands.out,
  });
}

interface Operands {
  readonly out: GpuBuffer;
  readonly indices: GpuBuffer;
  readonly updates: GpuBuffer;
}

/** Updates of the same index are brought together, in their order; a row of the output adds up its own. */
function scatterSorted(plan: Plan, operands: Operands, { outer, size, inner, count }: IndexSizes): void {
  const columns = outer * inner;
  let { updates } = operands;
  if (outer > 1) {
    updates = plan.scratch(count * columns);
    const [shape, xStrides] = [
      [count, outer, inner],
      [inner, count * inner, 1],
    ];
    copy(plan, operands.updates, updates, {
      shape,
      xStrides,
      xOffset: 0,
      outStrides: [columns, inner, 1],
      outOffset: 0,
    });
  }
  const { order, ranges } = groupById(plan, operands.indices, size, columns);
  const sums = plan.scratch(size * columns);
  const text = 'updates[int(order[int(at)]) * inner + int(i)]';
  foldRanges(plan, 'sum', ranges, { name: 'Updates', text, inputs: { updates, order } }, sums);
  plan.run({
    name: 'scatterSums',
    body: 'return old[(#z * size + #y) * inner + #x] + sums[(#y * outer + #z) * inner + #x];',
    inputs: { old: operands.out, sums },
    sizes: { size, inner, outer },
    grid: [inner, size, outer],
    out: operands.out,
  });
}

/** Each update's place in the output, as an index into all of it. */
function flatIndices(plan: Plan, indices: GpuBuffer, { outer, size, inner, count }: IndexSizes): GpuBuffer {
  const flat = plan.scratch(outer * count * inner, 'int32');
  plan.run({
    name: 'scatterPlaces',
    body: `
      const index = indices[(#z * count + #y) * inner + #x];
      if (index < 0 || index >= size) { return -1; }
      return (#z * size + int(index)) * inner + #x;`,
    inputs: { indices },
    sizes: { size, inner, count },
    grid: [inner, count, outer],
    out: flat,
  });
  return flat;
}

export const indexing: GpuKernels<IndexingKernels<GpuBuffer>> = {
  ...readers,

  scatterAdd(plan, out, indices, updates, sizes) {
    if (out.dtype !== 'float32' || Math.max(sizes.count, sizes.size) > EXACT) return false;
    if (out.length === 0 || sizes.count === 0) return;
    const operands = { out, indices, updates };
    if (sizes.count <= FEW) scatterFew(plan, 'scatterFew', 'j', operands, sizes);
    else scatterSorted(plan, operands, sizes);
  },

  scatterAddAlong(plan, out, indices, updates, sizes) {
    const { count, inner } = sizes;
    if (out.dtype !== 'float32') return false;
    if (out.length === 0 || count === 0) return;
    const operands = { out, indices, updates };
    if (count <= FEW) {
      scatterFew(plan, 'scatterFewAlong', '(#z * count + j) * inner + #x', operands, sizes);
      return;
    }
    if (out.length > EXACT || updates.length > EXACT) return false;
    const flat = { out, indices: flatIndices(plan, indices, sizes), updates };
    scatterSorted(plan, flat, { outer: 1, size: out.length, inner: 1, count: sizes.outer * count * inner });
  },
};

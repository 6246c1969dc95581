/** Top-k and sort on the GPU. */
import type { SortingKernels } from '../table/sorting.js';
import { EXACT, type GpuBuffer } from './buffer.js';
import type { GpuKernels, Plan } from './plan.js';
import { type Order, orderFirst, orderRows, type Rows } from './sort-order.js';

/** The first `k` of each row in order: indices and values. */
function take(
  plan: Plan,
  { x, rows, size }: Rows,
  order: Order,
  k: number,
  values: GpuBuffer,
  indices: GpuBuffer,
): void {
  const sizes = { k, length: order.length };
  plan.run({
    name: 'sortTakeIndices',
    body: 'return order[quotient(#x, k) * length + remainder(#x, k)];',
    inputs: { order: order.indices },
    sizes,
    grid: [rows * k],
    out: indices,
  });
  plan.run({
    name: 'sortTakeValues',
    body: 'return x[quotient(#x, k) * size + int(indices[#x])];',
    inputs: { x, indices },
    sizes: { k, size },
    grid: [rows * k],
    out: values,
  });
}

export const sorting: GpuKernels<SortingKernels<GpuBuffer>> = {
  topk(plan, x, values, indices, rows, size, k, largest) {
    if (size > EXACT) return false;
    if (rows * k === 0) return;
    const row = { x, rows, size, descending: largest };
    take(plan, row, orderFirst(plan, row, k), k, values, indices);
  },
  sort(plan, x, values, indices, rows, size, descending) {
    if (size > EXACT) return false;
    if (rows * size === 0) return;
    const row = { x, rows, size, descending };
    take(plan, row, orderRows(plan, row), size, values, indices);
  },
};

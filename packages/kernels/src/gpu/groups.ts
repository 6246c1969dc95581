/** Lists of ids put in order, so that elements of the same id lie together. */
import { bisection } from './bisection.js';
import type { GpuBuffer } from './buffer.js';
import type { Plan } from './plan.js';
import type { Ranges } from './ranges.js';
import { orderRows } from './sort-order.js';

export interface Groups {
  /** Places in the list of ids, those of the same id together and in their order. */
  readonly order: GpuBuffer;
  readonly ranges: Ranges;
}

/** Sorts ids in [0, count), in any order, and finds where each begins; others belong nowhere. */
export function groupById(plan: Plan, ids: GpuBuffer, count: number, inner: number): Groups {
  const length = ids.length;
  const order = orderRows(plan, { x: ids, rows: 1, size: length, descending: false }).indices;
  const starts = plan.scratch(count + 1, 'int32');
  plan.run({
    name: 'groupStarts',
    body: `
      ${bisection('length', 'ids[int(order[int(middle)])] < #x')}
      return low;`,
    inputs: { ids, order },
    sizes: { length },
    grid: [count + 1],
    out: starts,
  });
  return { order, ranges: { starts, count, length, inner } };
}

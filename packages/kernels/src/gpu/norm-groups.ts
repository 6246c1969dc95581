/**
 * What layer norm and batch norm share on the GPU: statistics of groups. Means are those of x minus the group's first
 * element, kept apart from it: no digits are lost where the mean is far larger than the deviation.
 */
import type { AxisSizes } from '../table/reduce.js';
import type { GpuBuffer } from './buffer.js';
import { type Finish, type Fold, type FoldPlace, planFold } from './fold.js';
import type { Plan } from './plan.js';
import { planElements } from './rows.js';

/** A kernel's groups are rows (layer norm) or columns (batch norm) of x [rows, size]. */
interface Groups {
  readonly name: 'rows' | 'columns';
  readonly axis: AxisSizes;
  /** Elements in a group, and how many groups there are. */
  readonly size: number;
  readonly count: number;
  /** Text of the group's number where a fold is. */
  group(place: FoldPlace): string;
  /** Text of the group's first element, a number in x. */
  first(group: string): string;
}

export const rowGroups = (rows: number, size: number): Groups => ({
  name: 'rows',
  axis: { outer: rows, size, inner: 1 },
  size,
  count: rows,
  group: ({ outer }) => outer,
  first: (group) => `${group} * groupStep`,
});

export const columnGroups = (rows: number, channels: number): Groups => ({
  name: 'columns',
  axis: { outer: 1, size: rows, inner: channels },
  size: rows,
  count: channels,
  group: ({ inner }) => inner,
  first: (group) => group,
});

/** Sizes that `first` needs. */
const firstSizes = ({ axis, name }: Groups): Record<string, number> =>
  name === 'rows' ? { groupStep: axis.size } : {};

/** Of each group, the mean of x minus the first element; and the mean itself. */
export function planMean(plan: Plan, x: GpuBuffer, groups: Groups, mean: GpuBuffer): GpuBuffer {
  const { name, axis, size, count, group, first } = groups;
  const offset = plan.scratch(count);
  const fold: Fold = {
    name: `offsets of ${name}`,
    kind: 'sum',
    inputs: { x },
    sizes: firstSizes(groups),
    load: (place) => [`x[${place.at}] - x[${first(group(place))}]`],
    finish: { name: 'mean', text: () => 'return v * scale;', numbers: { scale: 1 / size } },
  };
  planFold(plan, fold, axis, offset);
  plan.run({
    name: `mean of ${name}`,
    body: `return x[${first('#x')}] + offset[#x];`,
    inputs: { x, offset },
    sizes: firstSizes(groups),
    grid: [count],
    out: mean,
  });
  return offset;
}

/** Of each group, the mean square of what is left without the mean, or what `finish` makes of the sum of squares. */
export function planSquares(
  plan: Plan,
  x: GpuBuffer,
  offset: GpuBuffer,
  groups: Groups,
  finish: Finish,
  out: GpuBuffer,
): void {
  const { name, axis, group, first } = groups;
  const fold: Fold = {
    name: `squares of ${name}`,
    kind: 'sum',
    inputs: { x, offset },
    sizes: firstSizes(groups),
    prepare: (place) => `const centred = (x[${place.at}] - x[${first(group(place))}]) - offset[${group(place)}];`,
    load: () => ['centred * centred'],
    finish,
  };
  planFold(plan, fold, axis, out);
}

/** out = (x - mean) rstd gamma + beta. */
export function planNormalised(
  plan: Plan,
  x: GpuBuffer,
  gamma: GpuBuffer | undefined,
  beta: GpuBuffer | undefined,
  offset: GpuBuffer,
  rstd: GpuBuffer,
  groups: Groups,
  rows: number,
  size: number,
  out: GpuBuffer,
): void {
  planElements(
    plan,
    {
      name: `normalised ${groups.name} ${gamma ? 'gamma' : ''} ${beta ? 'beta' : ''}`,
      text: (at, row, column) => {
        const group = groups.name === 'rows' ? row : column;
        const scaled = `((x[${at}] - x[${groups.first(group)}]) - offset[${group}]) * rstd[${group}]`;
        return `result#L = ${scaled} ${gamma ? `* gamma[${column}]` : ''} ${beta ? `+ beta[${column}]` : ''};`;
      },
      inputs: { x, offset, rstd, ...(gamma ? { gamma } : {}), ...(beta ? { beta } : {}) },
      sizes: firstSizes(groups),
    },
    rows,
    size,
    out,
  );
}

/**
 * Of each group, the sums of x - mean, g and g (x - mean), with g the gradient that reaches the normalised x. The mean was
 * rounded to float32; the first sum tells what is left of it.
 */
export function planGradSums(
  plan: Plan,
  x: GpuBuffer,
  mean: GpuBuffer,
  dy: GpuBuffer,
  gamma: GpuBuffer | undefined,
  groups: Groups,
): GpuBuffer {
  const { name, axis, count, group } = groups;
  const sums = plan.scratch(count * 4);
  const fold: Fold = {
    name: `gradients of ${name} ${gamma ? 'gamma' : ''}`,
    kind: 'sum',
    inputs: { x, mean, dy, ...(gamma ? { gamma } : {}) },
    prepare: (place) =>
      `const centred = x[${place.at}] - mean[${group(place)}];
       const g = dy[${place.at}] ${gamma ? `* gamma[${place.position}]` : ''};`,
    load: () => ['centred', 'g', 'g * centred'],
  };
  planFold(plan, fold, axis, sums);
  return sums;
}

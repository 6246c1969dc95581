/**
 * Layer norm and batch norm on the GPU. Means are those of x minus the group's first element, kept apart from it: no digits
 * are lost where the mean is far larger than the deviation.
 */

import type { NormKernels } from '../table/norm.js';
import type { Axis } from '../table/reduce.js';
import type { GpuBuffer } from './buffer.js';
import { type Finish, type Fold, type FoldPlace, planFold } from './fold.js';
import type { GpuKernels, Plan } from './plan.js';
import { planElements } from './rows.js';

/** A kernel's groups are rows (layer norm) or columns (batch norm) of x [rows, size]. */
interface Groups {
  readonly name: 'rows' | 'columns';
  readonly axis: Axis;
  /** Elements in a group, and how many groups there are. */
  readonly size: number;
  readonly count: number;
  /** Text of the group's number where a fold is. */
  group(place: FoldPlace): string;
  /** Text of the group's first element, a number in x. */
  first(group: string): string;
}

const rowGroups = (rows: number, size: number): Groups => ({
  name: 'rows',
  axis: { outer: rows, size, inner: 1 },
  size,
  count: rows,
  group: ({ outer }) => outer,
  first: (group) => `${group} * groupStep`,
});

const columnGroups = (rows: number, channels: number): Groups => ({
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
function planMean(plan: Plan, x: GpuBuffer, groups: Groups, mean: GpuBuffer): GpuBuffer {
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
function planSquares(
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
function planNormalised(
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
function planGradSums(
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

export const norm: GpuKernels<NormKernels<GpuBuffer>> = {
  layerNorm(plan, x, gamma, beta, out, mean, rstd, rows, size, epsilon) {
    const groups = rowGroups(rows, size);
    const offset = planMean(plan, x, groups, mean);
    const finish: Finish = {
      name: 'rstd',
      text: () => 'return 1 / Math.sqrt(v * scale + epsilon);',
      numbers: { scale: 1 / size, epsilon },
    };
    planSquares(plan, x, offset, groups, finish, rstd);
    planNormalised(plan, x, gamma, beta, offset, rstd, groups, rows, size, out);
  },

  layerNormGrad(plan, x, gamma, mean, rstd, dy, dx, dgamma, dbeta, rows, size) {
    const scale = size === 0 ? 0 : 1 / size;
    const sums = planGradSums(plan, x, mean, dy, gamma, rowGroups(rows, size));
    const elements = {
      name: `layerNormGrad ${gamma ? 'gamma' : ''}`,
      text: (at: string, row: string, column: string): string =>
        `const rest#L = sums[${row} * 4] * scale;
         const xhat#L = (x[${at}] - mean[${row}] - rest#L) * rstd[${row}];
         const dot#L = (sums[${row} * 4 + 2] - rest#L * sums[${row} * 4 + 1]) * rstd[${row}] * scale;
         result#L = rstd[${row}] * (dy[${at}] ${gamma ? `* gamma[${column}]` : ''} - sums[${row} * 4 + 1] * scale - xhat#L * dot#L);`,
      inputs: { x, mean, rstd, dy, sums, ...(gamma ? { gamma } : {}) },
      numbers: { scale },
    };
    planElements(plan, elements, rows, size, dx);
    const columns = { outer: 1, size: rows, inner: size };
    if (dgamma) {
      const fold: Fold = {
        name: 'layerNorm dgamma',
        kind: 'sum',
        inputs: { x, mean, rstd, dy, sums },
        numbers: { scale },
        load: ({ at, position: row }) => [
          `dy[${at}] * (x[${at}] - mean[${row}] - sums[${row} * 4] * scale) * rstd[${row}]`,
        ],
      };
      planFold(plan, fold, columns, dgamma);
    }
    if (dbeta)
      planFold(plan, { name: 'dbeta', kind: 'sum', inputs: { dy }, load: ({ at }) => [`dy[${at}]`] }, columns, dbeta);
  },

  batchNorm(plan, x, gamma, beta, out, mean, variance, rstd, rows, channels, epsilon) {
    const groups = columnGroups(rows, channels);
    const offset = planMean(plan, x, groups, mean);
    const finish: Finish = { name: 'mean', text: () => 'return v * scale;', numbers: { scale: 1 / rows } };
    planSquares(plan, x, offset, groups, finish, variance);
    plan.run({
      name: 'rstd of variance',
      body: 'return 1 / Math.sqrt(variance[#x] + epsilon);',
      inputs: { variance },
      numbers: { epsilon },
      grid: [channels],
      out: rstd,
    });
    planNormalised(plan, x, gamma, beta, offset, rstd, groups, rows, channels, out);
  },

  batchNormGrad(plan, x, gamma, mean, rstd, dy, dx, dgamma, dbeta, rows, channels) {
    const scale = rows === 0 ? 0 : 1 / rows;
    const sums = planGradSums(plan, x, mean, dy, undefined, columnGroups(rows, channels));
    // The sum of dy xhat.
    const dot = (c: string): string =>
      `(sums[${c} * 4 + 2] - sums[${c} * 4] * scale * sums[${c} * 4 + 1]) * rstd[${c}]`;
    const elements = {
      name: `batchNormGrad ${gamma ? 'gamma' : ''}`,
      text: (at: string, _: string, c: string): string =>
        `const xhat#L = (x[${at}] - mean[${c}] - sums[${c} * 4] * scale) * rstd[${c}];
         const free#L = dy[${at}] - sums[${c} * 4 + 1] * scale - xhat#L * (${dot(c)}) * scale;
         result#L = rstd[${c}] ${gamma ? `* gamma[${c}]` : ''} * free#L;`,
      inputs: { x, mean, rstd, dy, sums, ...(gamma ? { gamma } : {}) },
      numbers: { scale },
    };
    planElements(plan, elements, rows, channels, dx);
    if (dgamma) {
      plan.run({
        name: 'batchNorm dgamma',
        body: `if (scale === 0) { return 0; } return ${dot('#x')};`,
        inputs: { sums, rstd },
        numbers: { scale },
        grid: [channels],
        out: dgamma,
      });
    }
    if (dbeta) {
      plan.run({
        name: 'batchNorm dbeta',
        body: 'return sums[#x * 4 + 1];',
        inputs: { sums },
        grid: [channels],
        out: dbeta,
      });
    }
  },
};

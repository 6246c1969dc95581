/** Layer norm and batch norm on the GPU. */
import type { NormKernels } from '../table/norm.js';
import type { GpuBuffer } from './buffer.js';
import { type Finish, type Fold, planFold } from './fold.js';
import { columnGroups, planGradSums, planMean, planNormalised, planSquares, rowGroups } from './norm-groups.js';
import type { GpuKernels } from './plan.js';
import { planElements } from './rows.js';

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

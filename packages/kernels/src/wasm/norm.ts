/** Norm kernels of the `wasm` device. */

import type { NormKernels } from '../table/norm.js';
import { type ReduceOp, reduceOps } from '../table/reduce.js';
import type { WasmBuffer, WasmRuntime } from './runtime.js';

/** Columns that one item of `foldColumns` covers, as in assembly/reduce-columns.ts. */
const PANEL = 512;
/** Bytes of a row's own sums and of stand-ins for gamma and beta. */
const ROW_SCRATCH = 64;

/** Rows summed in float32 before their sums are added in float64: enough blocks to share, by the shape alone. */
const rowsPerBlock = (rows: number): number => (rows < 4096 ? 16 : 64);

/** The family over one runtime. */
export function normKernels(runtime: WasmRuntime): NormKernels<WasmBuffer> {
  /** out [columns] = op down the columns of x [rows, columns], all addresses. */
  const foldColumns = (op: ReduceOp, x: number, out: number, rows: number, columns: number): void => {
    const panels = Math.ceil(columns / PANEL);
    const cost = (rows * Math.min(PANEL, columns)) / 2;
    const args = [reduceOps.indexOf(op), x, out, rows, columns, panels];
    runtime.parallel('foldColumns', args, panels, cost, PANEL * 12);
  };

  return {
    layerNorm(x, gamma, beta, out, mean, rstd, rows, size, epsilon) {
      const inputs = [x.address, gamma?.address ?? 0, beta?.address ?? 0];
      const args = [...inputs, out.address, mean.address, rstd.address, size, epsilon];
      runtime.parallel('layerNorm', args, rows, size * 2 + 30, ROW_SCRATCH);
    },

    layerNormGrad(x, gamma, mean, rstd, dy, dx, dgamma, dbeta, rows, size) {
      const blockRows = rowsPerBlock(rows);
      const blocks = Math.ceil(rows / blockRows);
      const buffers = [x.address, gamma?.address ?? 0, mean.address, rstd.address, dy.address, dx.address];
      const run = (partials: number): void => {
        const cost = (size * (partials ? 5 : 3) + 30) * blockRows;
        runtime.parallel('layerNormGrad', [...buffers, partials, rows, size, blockRows], blocks, cost, ROW_SCRATCH);
      };
      if (!dgamma && !dbeta) return run(0);
      runtime.withBlock(2 * blocks * size * 4, (partials) => {
        run(partials);
        if (dgamma) foldColumns('sum', partials, dgamma.address, blocks, size);
        if (dbeta) foldColumns('sum', partials + blocks * size * 4, dbeta.address, blocks, size);
      });
    },

    batchNorm(x, gamma, beta, out, mean, variance, rstd, rows, channels, epsilon) {
      const blockRows = rowsPerBlock(rows);
      const blocks = Math.ceil(rows / blockRows);
      const lane = channels * 4;
      runtime.withBlock((2 * blocks + 5) * lane, (shift) => {
        const [factor, offset, sums, partials] = [shift + lane, shift + 2 * lane, shift + 3 * lane, shift + 5 * lane];
        foldColumns('mean', x.address, shift, rows, channels);
        const moments = [x.address, shift, partials, rows, channels, blockRows];
        runtime.parallel('batchMoments', moments, blocks, blockRows * channels);
        foldColumns('sum', partials, sums, blocks, 2 * channels);
        const results = [mean.address, variance.address, rstd.address, factor, offset];
        const inputs = [sums, shift, gamma?.address ?? 0, beta?.address ?? 0];
        runtime.call('batchStatistics', ...inputs, ...results, rows, channels, epsilon);
        runtime.parallel('batchLine', [x.address, shift, factor, offset, 0, 0, out.address, channels], rows, channels);
      });
    },

    batchNormGrad(x, gamma, mean, rstd, dy, dx, dgamma, dbeta, rows, channels) {
      const blockRows = rowsPerBlock(rows);
      const blocks = Math.ceil(rows / blockRows);
      const lane = channels * 4;
      runtime.withBlock((3 * blocks + 6) * lane, (factor) => {
        const [offset, slope, sums, partials] = [
          factor + lane,
          factor + 2 * lane,
          factor + 3 * lane,
          factor + 6 * lane,
        ];
        const inputs = [x.address, mean.address, dy.address, partials, rows, channels, blockRows];
        runtime.parallel('batchGradSums', inputs, blocks, 2 * blockRows * channels);
        foldColumns('sum', partials, sums, blocks, 3 * channels);
        const results = [dgamma?.address ?? 0, dbeta?.address ?? 0, factor, offset, slope];
        runtime.call('batchGradLine', sums, gamma?.address ?? 0, rstd.address, ...results, rows, channels);
        const line = [x.address, mean.address, factor, offset, dy.address, slope, dx.address, channels];
        runtime.parallel('batchLine', line, rows, 2 * channels);
      });
    },
  };
}

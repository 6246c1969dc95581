/** Norm kernels of the `wasm` device. */
import type { NormKernels } from '../table/norm.js';
import { reduceOps } from '../table/reduce.js';
import type { WasmBuffer } from './buffer.js';
import type { WasmRuntime } from './runtime.js';

/** Columns that one item of `foldColumns` covers, as in assembly/reduce-columns.ts. */
const PANEL = 512;
/** Bytes of a row's own sums and of stand-ins for gamma and beta. */
const ROW_SCRATCH = 64;

/** Rows summed in float32 before their sums are added in float64: enough blocks to share, by the shape alone. */
const rowsPerBlock = (rows: number): number => Math.min(128, Math.max(16, rows >> 6));

/** The family over one runtime. */
export function normKernels(runtime: WasmRuntime): NormKernels<WasmBuffer> {
  /** out [columns] = sums down the columns of x [rows, columns], at address `x`. */
  const sumColumns = (x: number, out: WasmBuffer, rows: number, columns: number): void => {
    const panels = Math.ceil(columns / PANEL);
    const cost = (rows * Math.min(PANEL, columns)) / 2;
    const args = [reduceOps.indexOf('sum'), x, out.address, rows, columns, panels];
    runtime.parallel('foldColumns', args, panels, cost, PANEL * 12);
  };

  /** Sums over the rows, from which `finish` makes a line for each channel, then the line. */
  const batch = (
    x: WasmBuffer,
    mean: WasmBuffer,
    dy: WasmBuffer | undefined,
    out: WasmBuffer,
    rows: number,
    channels: number,
    finish: (sums: number, line: number, sizes: number[]) => void,
  ): void => {
    const blockRows = rowsPerBlock(rows);
    const blocks = Math.ceil(rows / blockRows);
    const sizes = [rows, channels, blockRows];
    // Three numbers a channel for each block, and for the line.
    const lane = 12 * channels;
    runtime.withBlock((blocks + 1) * lane, (line) => {
      const sums = line + lane;
      const args = [x.address, mean.address, dy?.address ?? 0, sums, ...sizes];
      runtime.parallel('batchSums', args, blocks, 2 * blockRows * channels, 16);
      finish(sums, line, sizes);
      const lineArgs = [x.address, mean.address, line, dy?.address ?? 0, out.address, channels];
      runtime.parallel('batchLine', lineArgs, rows, 2 * channels);
    });
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
        if (dgamma) sumColumns(partials, dgamma, blocks, size);
        if (dbeta) sumColumns(partials + blocks * size * 4, dbeta, blocks, size);
      });
    },

    batchNorm(x, gamma, beta, out, mean, variance, rstd, rows, channels, epsilon) {
      batch(x, mean, undefined, out, rows, channels, (sums, line, sizes) => {
        const results = [mean.address, variance.address, rstd.address, line];
        runtime.call('batchStatistics', sums, gamma?.address ?? 0, beta?.address ?? 0, ...results, ...sizes, epsilon);
      });
    },

    batchNormGrad(x, gamma, mean, rstd, dy, dx, dgamma, dbeta, rows, channels) {
      batch(x, mean, dy, dx, rows, channels, (sums, line, sizes) => {
        const results = [dgamma?.address ?? 0, dbeta?.address ?? 0, line];
        runtime.call('batchGradLine', sums, gamma?.address ?? 0, rstd.address, ...results, ...sizes);
      });
    },
  };
}

/** Reduce kernels of the `wasm` device. */
import { type AxisSizes, type ReduceKernels, type ReduceOp, reduceOps } from '../table/reduce.js';
import type { WasmBuffer } from './buffer.js';
import type { WasmRuntime } from './runtime.js';

/** Columns that one item of the column kernels covers, as in assembly/reduce-columns.ts. */
const PANEL = 512;
/** Elements of a block of one long sum, as in assembly/reduce.ts, and the length from which its blocks are shared. */
const BLOCK = 1024;
const LONG = 64 * BLOCK;

const sums: ReadonlySet<ReduceOp> = new Set(['sum', 'mean', 'norm1', 'norm2', 'sumSquares']);

/** The family over one runtime. */
export function reduceKernels(runtime: WasmRuntime): ReduceKernels<WasmBuffer> {
  /** One row that threads share by blocks, with the same result as without. */
  const longRow = (code: number, x: WasmBuffer, out: WasmBuffer, size: number): void => {
    const blocks = Math.ceil(size / BLOCK);
    runtime.withBlock(blocks * 8, (partial) => {
      runtime.parallel('foldBlocks', [code, x.address, partial, size], blocks, BLOCK / 2);
      runtime.call('foldPartials', code, partial, blocks, out.address, size);
    });
  };

  /** Calls a kernel over panels of columns. */
  const columns = (
    name: string,
    args: number[],
    { outer, inner, size }: AxisSizes,
    cost: number,
    after: number[],
  ): void => {
    const panels = Math.ceil(inner / PANEL);
    const work = size * Math.min(inner, PANEL) * cost + 20;
    runtime.parallel(name, [...args, size, inner, panels, ...after], outer * panels, work, PANEL * 12);
  };

  return {
    reduce(op, x, out, axis) {
      const { outer, size, inner } = axis;
      if (x.dtype !== 'float32') return runtime.fallback.reduce(op, x, out, axis);
      const code = reduceOps.indexOf(op);
      const cost = op === 'logSumExp' ? 6 : 0.5;
      if (inner > 1) columns('foldColumns', [code, x.address, out.address], axis, cost, []);
      else if (outer === 1 && size >= LONG && runtime.threads > 1 && sums.has(op)) longRow(code, x, out, size);
      else runtime.parallel('foldRows', [code, x.address, out.address, size], outer * inner, size * cost + 10);
    },

    argReduce(op, x, out, axis) {
      const { outer, size, inner } = axis;
      if (x.dtype !== 'float32') return runtime.fallback.argReduce(op, x, out, axis);
      const args = [op === 'argmin' ? 1 : 0, x.address, out.address];
      if (inner > 1) columns('argColumns', args, axis, 1, []);
      else runtime.parallel('argRows', [...args, size], outer * inner, size + 10);
    },

    cumsum(x, out, axis, exclusive, reverse) {
      if (x.dtype !== 'float32') return runtime.fallback.cumsum(x, out, axis, exclusive, reverse);
      columns('cumsumColumns', [x.address, out.address], axis, 2, [Number(exclusive), Number(reverse)]);
    },
  };
}

/** How the package's WebAssembly is called: what each export takes, how costly an item is, how much private memory it needs. */
import type { KernelsOn, WasmBuffer, WasmRuntime } from '@saccade/kernels';
import { choices, type SparseSgdKernels } from '../kernels/table.js';
import { topK } from './select.js';

/** Entries that one item of QSGD makes levels of. */
const PIECE = 8192;

/** The kernels over one runtime. */
export function wasmCalls(runtime: WasmRuntime): Partial<KernelsOn<WasmBuffer, SparseSgdKernels>> {
  return {
    topK: (...args) => topK(runtime, ...args),
    qsgd(x, uniforms, levels, norms, n, s, bucket) {
      const buffers = [x, uniforms, levels, norms].map((buffer) => buffer.address);
      runtime.parallel('sparseSgd.bucketNorms', [x.address, norms.address, n, bucket], Math.ceil(n / bucket), bucket);
      runtime.parallel('sparseSgd.qsgd', [...buffers, n, s, bucket, PIECE], Math.ceil(n / PIECE), 4 * PIECE);
    },
    memSgd(
      rowStart,
      columns,
      values,
      labels,
      order,
      rates,
      weights,
      x,
      memory,
      sums,
      sent,
      counter,
      choice,
      { dense, features, classes, count, k, workers, lambda, scale, remembers, averages, atomic },
    ) {
      const rows = [dense ? 0 : rowStart.address, columns.address, values.address, labels.address];
      const steps = [order.address, rates.address, weights.address];
      const state = [x.address, memory.address, averages ? sums.address : 0, sent.address, counter.address];
      const sizes = [features, classes, count, k, +remembers, +atomic];
      // As class Problem of assembly/problem.ts has them.
      const [problem] = runtime.parameters([...rows, ...steps, ...state, ...sizes]) as [number];
      const d = features * classes;
      // Where one thread does the work of several workers, they take turns.
      const turn = runtime.threads < workers ? 1 : 0x7fffffff;
      const args = [problem, workers, turn, choices.indexOf(choice), lambda, scale];
      runtime.parallel('sparseSgd.memSgd', args, workers, Number.MAX_SAFE_INTEGER, 64 + 8 * (classes + 2 * k) + 16 * d);
      // Each worker has asked for one step too many.
      (runtime.view(counter) as Int32Array)[0] = count;
    },
  };
}

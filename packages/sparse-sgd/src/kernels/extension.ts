/** This package's kernels as devices take them. */
import type { KernelExtension } from '@saccade/kernels';
import { binaries } from '../wasm/binaries.gen.js';
import { wasmCalls } from '../wasm/calls.js';
import { qsgd, topK } from './js/compress.js';
import { memSgd } from './js/mem-sgd.js';
import type { SparseSgdKernels } from './table.js';

/** `device.extend(sparseSgdKernels)` gives the kernels on a device. */
export const sparseSgdKernels: KernelExtension<SparseSgdKernels> = {
  name: 'sparseSgd',
  js: { memSgd, topK, qsgd },
  wasm: { binary: binaries, kernels: wasmCalls, float64: ['memSgd'] },
  written: { memSgd: [7, 8, 9, 10, 11], topK: [1, 2, 3], qsgd: [2, 3] },
};

/** This package's kernels as devices take them. */
import type { KernelExtension } from '@saccade/kernels';
import { binaries } from '../wasm/binaries.gen.js';
import { wasmCalls } from '../wasm/calls.js';
import { groupAttention, groupAttentionGrad } from './js/group-attention.js';
import type { EquivariantKernels } from './table.js';

/** `device.extend(equivariantKernels)` gives the kernels on a device. */
export const equivariantKernels: KernelExtension<EquivariantKernels> = {
  name: 'equivariantAttention',
  js: { groupAttention, groupAttentionGrad },
  wasm: { binary: binaries, kernels: wasmCalls },
  written: { groupAttention: [9], groupAttentionGrad: [10, 11, 12, 13, 14, 15] },
};

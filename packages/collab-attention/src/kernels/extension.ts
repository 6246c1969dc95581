/** This package's kernels as devices take them. */
import type { KernelExtension } from '@saccade/kernels';
import { binaries } from '../wasm/binaries.gen.js';
import { wasmCalls } from '../wasm/calls.js';
import { sharedAttention } from './js/shared-attention.js';
import type { CollaborativeKernels } from './table.js';

/** `device.extend(collaborativeKernels)` gives the kernels on a device. */
export const collaborativeKernels: KernelExtension<CollaborativeKernels> = {
  name: 'collabAttention',
  js: { sharedAttention },
  wasm: { binary: binaries, kernels: wasmCalls },
  written: { sharedAttention: [7] },
};

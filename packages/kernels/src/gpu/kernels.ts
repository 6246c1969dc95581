/** The kernel table as far as GPUs do it well; all else goes to the CPU, and is counted. */
import { elementwise } from './elementwise.js';
import { matmul } from './matmul.js';
import type { GpuKernelTable } from './plan.js';

export const gpuKernels: GpuKernelTable = { ...elementwise, ...matmul };

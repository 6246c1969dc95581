/** Elementwise kernels on the GPU. */
import type { KernelTable } from '../table.js';
import type { ElementwiseKernels } from '../table/elementwise.js';
import type { GpuBuffer } from './buffer.js';
import type { GpuKernels } from './plan.js';

export const elementwise: GpuKernels<ElementwiseKernels<GpuBuffer>> = {
  fill(plan, out, value) {
    plan.run({ name: 'fill', body: 'return value;', inputs: {}, numbers: { value }, grid: [out.length], out });
  },
  binaryScalar(plan, op, x, scalar, out, swap) {
    if (op !== 'add' || out.dtype !== 'float32' || swap) return false;
    plan.run({ name: 'addScalar', body: 'return x[#x] + scalar;', inputs: { x }, numbers: { scalar }, grid: [out.length], out });
  },
};

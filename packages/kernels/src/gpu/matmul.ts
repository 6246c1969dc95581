/** The matrix product on the GPU. */
import type { MatmulKernels } from '../table/matmul.js';
import type { GpuBuffer } from './buffer.js';
import type { GpuKernels } from './plan.js';

export const matmul: GpuKernels<MatmulKernels<GpuBuffer>> = {
  matmul(plan, a, b, out, sizes) {
    if (sizes.batch.length > 0 || sizes.accumulate || sizes.transposeA || sizes.transposeB) return false;
    const { m, n, k } = sizes;
    const wide = n % 4 === 0;
    plan.run({
      name: wide ? 'matmul4' : 'matmul',
      body: wide
        ? `let p = 0.0; let q = 0.0; let r = 0.0; let s = 0.0;
           for (let i = 0; i < k; i++) {
             const left = a[#y * k + i];
             p += left * b[i * n + #x * 4]; q += left * b[i * n + #x * 4 + 1]; r += left * b[i * n + #x * 4 + 2]; s += left * b[i * n + #x * 4 + 3];
           }
           return [p, q, r, s];`
        : 'let sum = 0.0; for (let i = 0; i < k; i++) { sum += a[#y * k + i] * b[i * n + #x]; } return sum;',
      inputs: { a, b },
      sizes: { n, k },
      grid: [wide ? n / 4 : n, m],
      width: wide ? 4 : 1,
      out,
    });
  },
};

/** Matmul kernels of the `js` device: the oracle. */
import { matrixAt } from '../batch.js';
import type { TypedArray } from '../dtype.js';
import type { MatmulKernels, MatmulSizes } from '../table/matmul.js';

export const matmul: MatmulKernels<TypedArray> = {
  matmul(a, b, out, sizes: MatmulSizes) {
    const { m, n, k, batch } = sizes;
    const [aRow, aStep] = sizes.transposeA ? [1, m] : [k, 1];
    const [bStep, bColumn] = sizes.transposeB ? [1, k] : [n, 1];
    const matrices = batch.reduce((product, size) => product * size, 1);
    for (let index = 0; index < matrices; index++) {
      const aAt = matrixAt(index, batch, sizes.aStrides) * m * k;
      const bAt = matrixAt(index, batch, sizes.bStrides) * k * n;
      const outAt = index * m * n;
      for (let i = 0; i < m; i++) {
        for (let j = 0; j < n; j++) {
          let sum = 0;
          for (let s = 0; s < k; s++) sum += a[aAt + i * aRow + s * aStep]! * b[bAt + s * bStep + j * bColumn]!;
          const at = outAt + i * n + j;
          out[at] = sizes.accumulate ? out[at]! + sum : sum;
        }
      }
    }
  },
};

/** Short ways to look at tensors in tests. */
import type { DType } from '@saccade/kernels';
import * as assert from 'uvu/assert';
import { type Tensor, tensor } from '../src/index.js';

/** The values as numbers. */
export function values(t: Tensor): number[] {
  return [...t.dataSync()];
}

/** Checks shape, values and, if given, type. */
export function assertTensor(t: Tensor, shape: readonly number[], expected: readonly number[], dtype?: DType): void {
  assert.equal([...t.shape], [...shape]);
  assert.equal(
    values(t),
    [...expected].map((v) => (t.dtype === 'float32' ? Math.fround(v) : v)),
  );
  if (dtype !== undefined) assert.is(t.dtype, dtype);
}

/** An int32 tensor. */
export function whole(list: readonly number[], shape: readonly number[] = [list.length]): Tensor {
  return tensor(Int32Array.from(list), { shape });
}

/** A bool tensor. */
export function truth(list: readonly number[], shape: readonly number[] = [list.length]): Tensor {
  return tensor(Uint8Array.from(list), { shape, dtype: 'bool' });
}

/** 0, 1, 2, ... in a shape. */
export function counting(...shape: number[]): Tensor {
  const size = shape.reduce((product, extent) => product * extent, 1);
  return tensor(
    Float32Array.from({ length: size }, (_, i) => i),
    { shape },
  );
}

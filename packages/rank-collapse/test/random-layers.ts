/** Small random layers of all kinds, for properties. */
import { type DType, type Rng, type Tensor, tensor } from '@saccade/tensor';
import type { LayerWeights, LinearMap, NormWeights } from '../src/model/layer-weights.js';

/** What kind of layer. */
export interface LayerKind {
  readonly order: 'pre' | 'post';
  readonly heads: number;
  readonly keyValueHeads?: number;
  readonly dims: number;
  readonly width: number;
  readonly skip: boolean;
  readonly mlp: boolean;
  readonly gate?: boolean;
  readonly norms: 'none' | 'layer' | 'rms';
  readonly bias: boolean;
  readonly causal?: boolean;
}

/** Normal numbers of a size. */
export function normals(rng: Rng, shape: readonly number[], size: number, dtype: DType = 'float64'): Tensor {
  const values = Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => {
    const radius = Math.sqrt(-2 * Math.log(1 - rng.number()));
    return size * radius * Math.cos(2 * Math.PI * rng.number());
  });
  return tensor(values, { shape, dtype: dtype as 'float64' });
}

/** A layer of that kind, whose tensors are the caller's. */
export function randomLayer(kind: LayerKind, rng: Rng, dtype: DType = 'float64'): LayerWeights {
  const { heads, keyValueHeads = heads, dims, width, bias } = kind;
  const map = (out: number, inputs: number): LinearMap => ({
    weight: normals(rng, [out, inputs], 1 / Math.sqrt(inputs), dtype),
    bias: bias ? normals(rng, [out], 0.3, dtype) : undefined,
  });
  const norm = (): NormWeights | undefined =>
    kind.norms === 'none'
      ? undefined
      : {
          kind: kind.norms,
          epsilon: 1e-6,
          gain: normals(rng, [width], 1, dtype),
          shift: kind.norms === 'layer' ? normals(rng, [width], 0.3, dtype) : undefined,
        };
  return {
    order: kind.order,
    attention: {
      query: map(heads * dims, width),
      key: map(keyValueHeads * dims, width),
      value: map(keyValueHeads * dims, width),
      output: map(width, heads * dims),
      heads,
      keyValueHeads,
      causal: kind.causal,
    },
    mlp: kind.mlp
      ? {
          up: map(2 * width, width),
          gate: kind.gate ? map(2 * width, width) : undefined,
          down: map(width, 2 * width),
          activation: 'gelu',
        }
      : undefined,
    norms: { attention: norm(), mlp: norm() },
    skip: kind.skip,
  };
}

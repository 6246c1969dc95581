/** Weights on the host as tensors. */
import { type DType, type Matrix, type Tensor, tensor } from '@saccade/tensor';
import type { LayerWeights } from './layer-weights.js';

/** The matrices of queries and keys, in float64 where the device has it: GPUs have not. The tensors are the caller's. */
export function weightTensors({ query, key }: LayerWeights): { readonly query: Tensor; readonly key: Tensor } {
  const dtype = workingType();
  const made = ({ rows, columns, data }: Matrix): Tensor => tensor(data, { shape: [rows, columns], dtype });
  return { query: made(query.weight), key: made(key.weight) };
}

function workingType(): DType {
  const probe = tensor(0);
  const { device } = probe;
  probe.dispose();
  return device.supports('float64') ? 'float64' : 'float32';
}

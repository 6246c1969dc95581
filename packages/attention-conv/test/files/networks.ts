/** A network of all kinds of modules, for files. */
import { dispose, type Rng, type Tensor } from '@saccade/tensor';
import type { AttentionNetwork } from '../../src/network/attention-network.js';
import { type ConvertNetworkOptions, convertNetwork } from '../../src/network/convert-network.js';
import type { NetworkLayer } from '../../src/network/layer-list.js';

/** Its layers. */
export const networkLayers: readonly NetworkLayer[] = [
  { kind: 'conv2d', name: 'c', padding: 1 },
  { kind: 'leakyRelu', negativeSlope: 0.3 },
  { kind: 'batchNorm', name: 'n' },
  { kind: 'averagePool', size: 2, padding: 1, countIncludePad: false },
  { kind: 'maxPool', size: 2, stride: [2, 1] },
  { kind: 'averagePool', size: [1, 2], stride: 1 },
  { kind: 'gelu', approximate: 'tanh' },
  { kind: 'flatten' },
  { kind: 'linear', name: 'f' },
  { kind: 'elu', alpha: 2 },
  { kind: 'linear', name: 'g' },
];

/** Weights for them, which are the caller's: of images [batch, 6, 6, 4]. */
export function networkWeights(rng: Rng, dtype: 'float32' | 'float64' = 'float32'): Record<string, Tensor> {
  return {
    'c.weight': rng.normal([3, 4, 3, 3], { dtype }),
    'c.bias': rng.normal([3], { dtype }),
    'n.running_mean': rng.normal([3]),
    'n.running_var': rng.uniform([3], { low: 0.5, high: 2 }),
    'f.weight': rng.normal([3, 12]),
    'g.weight': rng.normal([2, 3]),
    'g.bias': rng.normal([2]),
  };
}

/** The network. */
export function makeNetwork(
  rng: Rng,
  options: ConvertNetworkOptions = {},
  dtype: 'float32' | 'float64' = 'float32',
): AttentionNetwork {
  const tensors = networkWeights(rng, dtype);
  const { network } = convertNetwork(tensors, networkLayers, { ...options, extents: [6, 6] });
  dispose(tensors);
  return network;
}

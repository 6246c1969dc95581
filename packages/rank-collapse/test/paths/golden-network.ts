/** The networks of the reference vectors of paths, as layers, in float64. */
import { type Tensor, tensor } from '@saccade/tensor';
import { Golden } from '@saccade/testing/golden';
import type { LayerWeights } from '../../src/model/layer-weights.js';

/** Vectors and scalars. */
export const golden: Golden<Record<string, unknown>> = new Golden(new URL('../golden/paths', import.meta.url));

/** The cases by whether layers have a skip and biases. */
export const cases: readonly { readonly name: string; readonly skip: boolean; readonly bias: boolean }[] = [
  { name: 'noskip_nobias', skip: false, bias: false },
  { name: 'noskip_bias', skip: false, bias: true },
  { name: 'skip_nobias', skip: true, bias: false },
  { name: 'skip_bias', skip: true, bias: true },
];

/** An array of the vectors in float64. */
export function stored(name: string, dtype: 'float32' | 'float64' = 'float64'): Tensor {
  return tensor(golden.values(name), { shape: golden.shape(name), dtype });
}

/** The layers of a case. The tensors are the caller's. */
export function goldenLayers(skip: boolean, bias: boolean, dtype: 'float32' | 'float64' = 'float64'): LayerWeights[] {
  const [count, heads] = golden.shape('Wq') as [number, number];
  return Array.from({ length: count }, (_, l) => {
    const at = (name: string): Tensor => stored(name, dtype).at(l);
    // [heads, channels, dims] -> [heads dims, channels].
    const rows = (name: string): Tensor => at(name).transpose([0, 2, 1]).reshape([-1, 8]);
    const flat = (name: string): Tensor | undefined => (bias ? at(name).reshape([-1]) : undefined);
    return {
      order: 'post',
      attention: {
        query: { weight: rows('Wq'), bias: flat('bq') },
        key: { weight: rows('Wk'), bias: flat('bk') },
        value: { weight: rows('Wv'), bias: flat('bv') },
        // [heads, dims, channels] -> [channels, heads dims].
        output: { weight: at('Wo').reshape([-1, 8]).transpose(), bias: flat('bo') },
        heads,
      },
      skip,
    };
  });
}

/** How much each head weighs when paths are drawn. */
import { matmul, reshape, scope, transpose } from '@saccade/tensor';
import type { LayerWeights } from '../model/layer-weights.js';
import type { RankModel } from '../model/rank-model.js';
import { partsOf, withParts } from '../model/variant.js';
import { compositeNorm } from '../residual/composite-norm.js';
import type { PassOptions } from './reduce-layers.js';

/** Of all layers. */
export interface HeadWeights {
  /** [layer][head]. */
  readonly weights: readonly (readonly number[])[];
  /** Whether attention has no skip: no layer can be passed by. */
  readonly needsAll: boolean;
}

/** 1 each, or the composite norm of W_h = W_V,h W_O,h. */
export async function headWeights(
  model: RankModel,
  importance: 'uniform' | 'norms',
  { variant = 'transformer', signal }: PassOptions,
): Promise<HeadWeights> {
  const parts = partsOf('samplePaths', variant);
  const weights: number[][] = [];
  let needsAll = false;
  for (let i = 0; i < model.depth; i++) {
    signal?.throwIfAborted();
    weights.push(
      await model.withLayer(i, async (layer) => {
        needsAll ||= withParts(layer, parts).skip === false;
        return importance === 'uniform' ? new Array<number>(layer.attention.heads).fill(1) : await normsOf(layer);
      }),
    );
  }
  return { weights, needsAll };
}

async function normsOf({ attention }: LayerWeights): Promise<number[]> {
  const { value, output, heads, keyValueHeads = heads } = attention;
  const norms = scope(() => {
    const [rows, channels] = value.weight.shape as [number, number];
    const dims = rows / keyValueHeads;
    // W_V,h^T: [keyValueHeads, 1, channels, dims]; W_O,h^T: [keyValueHeads, group, dims, channels].
    const values = transpose(reshape(value.weight, [keyValueHeads, 1, dims, channels]), [0, 1, 3, 2]);
    const outputs = reshape(transpose(output.weight), [keyValueHeads, heads / keyValueHeads, dims, channels]);
    return reshape(compositeNorm(matmul(values, outputs)), [heads]);
  });
  const list = Array.from((await norms.data()) as ArrayLike<number>);
  norms.dispose();
  return list;
}

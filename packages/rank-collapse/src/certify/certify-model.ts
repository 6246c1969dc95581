/** The theorems at each layer of a transformer as it runs, skips, norms and perceptrons included: how much its attention alone can leave of the differences between tokens. */
import { breather } from '@saccade/nn';
import { checkOptions, type Matrix, matrix, OptionError, reshape, scope, show, type Tensor } from '@saccade/tensor';
import { statesOf } from '../curve/states.js';
import { applyNorm } from '../model/norm.js';
import type { ModelInput, RankModel } from '../model/rank-model.js';
import { runLayer } from '../model/run-layer.js';
import { partsOf, type Variant, withParts } from '../model/variant.js';
import { centredTokens } from '../track/track-residual.js';
import { trackedHeads } from '../track/tracked-layers.js';
import { certifyLayer, type LayerCertificate } from './certify-layer.js';

/** How to certify. */
export interface CertifyModelOptions {
  /** Parts that run. Default: all. */
  readonly variant?: Variant | undefined;
  /** Called before each layer. */
  readonly onProgress?: ((done: { readonly layer: number; readonly layers: number }) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

const op = 'certifyModel';

/**
 * The certificate of each layer's attention, for what its heads read: the tokens, or their norm where it comes before. In float64 from the states of the model's own type.
 * @param tokens one text as ids, an image, or states [tokens, channels]
 * @throws {OptionError} for causal attention, positions in scores, norms of queries and keys, and several texts @throws {ShapeError}
 */
export async function certifyModel(
  model: RankModel,
  tokens: ModelInput,
  options: CertifyModelOptions = {},
): Promise<LayerCertificate[]> {
  const {
    variant = 'transformer',
    onProgress,
    signal,
  } = checkOptions(op, options, ['variant', 'onProgress', 'signal']);
  const parts = partsOf(op, variant);
  const breathe = breather();
  return await scope(async () => {
    let { states } = await statesOf(op, model, tokens, {});
    if (states.shape[0] !== 1) throw new OptionError(`${op}: expected one text, got states ${show(states.shape)}`);
    const certificates: LayerCertificate[] = [];
    for (let i = 0; i < model.depth; i++) {
      await breathe();
      signal?.throwIfAborted();
      onProgress?.({ layer: i, layers: model.depth });
      const next = await model.withLayer(i, async (whole) => {
        const layer = withParts(whole, parts);
        const norm = layer.order === 'pre' ? layer.norms?.attention : undefined;
        const read = scope(() => (norm === undefined ? reshape(states, states.shape) : applyNorm(states, norm)));
        certificates.push(
          certifyLayer(centredTokens(await matrixOf(read)), await trackedHeads(op, i, layer.attention)),
        );
        read.dispose();
        return runLayer(states, layer);
      });
      states.dispose();
      states = next;
    }
    return certificates;
  });
}

async function matrixOf(states: Tensor): Promise<Matrix> {
  const [, rows, columns] = states.shape as [number, number, number];
  return matrix(rows, columns, Float64Array.from((await states.data()) as ArrayLike<number>));
}

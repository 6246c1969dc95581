/** A trained layer in the shared form (the paper's section 4). */
import { MultiHeadAttention } from '@saccade/nn';
import { OptionError, quote, Rng, type Tensor } from '@saccade/tensor';
import { type DecomposeOptions, type Decomposition, decompose } from '../decompose/decompose.js';
import type { CollaborativeAttention, CollaborativeAttentionOptions } from './collaborative-attention.js';
import { type ConcatenatedWeights, contentBiasOf, weightsOf } from './concatenated-weights.js';

/** How a layer is re-parametrised. */
export interface FromConcatenatedOptions extends Omit<DecomposeOptions, 'heads' | 'keyHeads'> {
  /** Heads of the weights; a `MultiHeadAttention` knows its own. */
  readonly heads?: number | undefined;
  /** Factor of the scores. Default 1 / sqrt(dims of a head), which the layer keeps: its scores stay what they were. */
  readonly scale?: number | undefined;
  /** Epsilon of the layer norm, where there is one. Default 1e-5; BERT has 1e-12. */
  readonly epsilon?: number | undefined;
  /** Dropout of attention weights in training. Default 0. */
  readonly dropout?: number | undefined;
}

/** The layer, and how near it is. */
export interface ReparametrizedAttention extends Omit<Decomposition, 'query' | 'mixing' | 'key'> {
  readonly layer: CollaborativeAttention;
}

/** What a layer in the shared form is made of. */
export interface SharedForm {
  readonly options: CollaborativeAttentionOptions;
  readonly state: ReadonlyMap<string, Tensor>;
  readonly found: Omit<Decomposition, 'query' | 'mixing' | 'key'>;
}

/** Decomposes the weights of a layer; the tensors live in the current scope. */
export async function sharedForm(
  given: MultiHeadAttention | ConcatenatedWeights,
  options: FromConcatenatedOptions,
): Promise<SharedForm> {
  const op = 'fromConcatenated';
  const { scale: _, epsilon: __, dropout: ___, heads: asked, ...how } = options ?? {};
  const weights = weightsOf(op, given);
  const heads = given instanceof MultiHeadAttention ? given.heads : asked;
  if (heads === undefined) throw new OptionError(`${op}: needs the heads of the weights, got ${quote(heads)}`);
  const { query, mixing, key, ...found } = await decompose(weights.queryWeight, weights.keyWeight, { heads, ...how });
  const shared = new Map([...copied(weights, heads), ['query.weight', query], ['mixing', mixing], ['key.weight', key]]);
  return { options: optionsFor(weights, heads, found.rank, options), state: shared, found };
}

/** The sizes of the layer. */
function optionsFor(
  weights: ConcatenatedWeights,
  heads: number,
  sharedDim: number,
  { scale, epsilon = 1e-5, dropout }: FromConcatenatedOptions,
): CollaborativeAttentionOptions {
  const { queryWeight, keyWeight, valueWeight, denseWeight } = weights;
  return {
    width: queryWeight.shape[1] as number,
    contextWidth: keyWeight.shape[1],
    valueWidth: valueWeight.shape[0],
    outputs: (denseWeight ?? valueWeight).shape[0],
    ...{ heads, sharedDim, dropout },
    dense: denseWeight !== undefined,
    denseBias: weights.denseBias !== undefined,
    valueBias: weights.valueBias !== undefined,
    contentBias: weights.queryBias !== undefined,
    layerNorm: weights.layerNormWeight === undefined ? false : epsilon,
    scale: scale ?? Math.sqrt(heads / (queryWeight.shape[0] as number)),
    rng: new Rng(0),
  };
}

/** What stays as it is, and the content bias, from the key weight before it is shared. */
function copied({ queryBias, keyWeight, ...weights }: ConcatenatedWeights, heads: number): [string, Tensor][] {
  const { valueWeight, valueBias, denseWeight, denseBias, layerNormWeight, layerNormBias } = weights;
  const entries: Record<string, Tensor | undefined> = {
    'content_bias.weight': queryBias && contentBiasOf(queryBias, keyWeight, heads),
    'value.weight': valueWeight,
    'value.bias': valueBias,
    'dense.weight': denseWeight,
    'dense.bias': denseBias,
    'layer_norm.weight': layerNormWeight,
    'layer_norm.bias': layerNormBias,
  };
  return Object.entries(entries).filter((entry): entry is [string, Tensor] => entry[1] !== undefined);
}

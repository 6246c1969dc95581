/** Networks in memory, as they are trained, for the analyses of this package. */
import { inference, TransformerEncoder, type TransformerEncoderLayer } from '@saccade/nn';
import { isTensor, keep, OptionError, quote, scope, split, type Tensor, tensor } from '@saccade/tensor';
import type { NetworkLayer } from '../network/network-layer.js';
import { SelfAttentionNetwork } from '../network/self-attention-network.js';
import type { LayerWeights, LinearMap, NormWeights } from './layer-weights.js';
import type { ModelInput, RankModel } from './rank-model.js';

/**
 * A network of this package, or an encoder of `@saccade/nn`, as it is now: what is trained later is seen later. Without dropout.
 * @throws {OptionError} for anything else: `modelOfLayers` takes the weights of other networks
 */
export function modelOf(network: SelfAttentionNetwork | TransformerEncoder): RankModel {
  if (network instanceof SelfAttentionNetwork) return modelOfNetwork(network);
  if (network instanceof TransformerEncoder) return modelOfEncoder(network);
  throw new OptionError(`modelOf: expected a SelfAttentionNetwork or a TransformerEncoder, got ${quote(network)}`);
}

/** A layer or a norm with a scale and a shift. */
interface Norm {
  readonly weight: Tensor | undefined;
  readonly bias: Tensor | undefined;
  readonly epsilon: number;
}

const normOf = ({ weight, bias, epsilon }: Norm): NormWeights => ({
  kind: 'layer',
  gain: weight,
  shift: bias,
  epsilon,
});

const mapOf = ({ weight, bias }: { readonly weight: Tensor; readonly bias: Tensor | undefined }): LinearMap => ({
  weight,
  bias,
});

function requireLayer<L>(layers: readonly L[], i: number): L {
  const layer = layers[i];
  if (layer === undefined) throw new OptionError(`withLayer: there is no layer ${i} of ${layers.length}`);
  return layer;
}

function modelOfNetwork(network: SelfAttentionNetwork): RankModel {
  const { bert, config } = network;
  const { layer: layers } = bert.encoder;
  return {
    width: config.width,
    depth: config.depth,
    withLayer: async (i, use) => await use(networkLayer(requireLayer(layers, i), config.skip)),
    async embed(input) {
      return { states: inference(network, () => bert.forward(inputOf(input, 'vocabulary' in config))) };
    },
  };
}

/** Ids as a tensor. */
function inputOf(input: ModelInput, ids: boolean): Tensor {
  if (isTensor(input)) return input;
  if (!ids) throw new OptionError('modelOf: this network reads points: pass a tensor [batch, tokens, coordinates]');
  const lists = Array.isArray(input[0]) ? (input as readonly (readonly number[])[]) : [input as readonly number[]];
  return tensor(lists as number[][], { dtype: 'int32' });
}

function networkLayer({ attention, intermediate, output }: NetworkLayer, skip: boolean): LayerWeights {
  const { self, output: end } = attention;
  return {
    order: 'post',
    attention: {
      query: mapOf(self.query),
      key: mapOf(self.key),
      value: { weight: self.value, bias: self.valueBias },
      output: { weight: end.dense, bias: end.denseBias },
      heads: self.heads,
    },
    mlp: intermediate && output && { up: mapOf(intermediate.dense), down: mapOf(output.dense), activation: 'gelu' },
    norms: { attention: normOf(end.norm), mlp: output && normOf(output.norm) },
    skip,
  };
}

function modelOfEncoder(encoder: TransformerEncoder): RankModel {
  const { layers, norm } = encoder;
  return {
    width: requireLayer(layers, 0).selfAttn.channels,
    depth: layers.length,
    async withLayer(i, use) {
      const layer = requireLayer(layers, i);
      const parts = keep(scope(() => projections(layer)));
      try {
        return await use(encoderLayer(layer, parts));
      } finally {
        for (const { weight, bias } of parts) {
          weight.dispose();
          bias?.dispose();
        }
      }
    },
    ...(norm && { finalNorm: normOf(norm) }),
  };
}

/** Query, key and value, which lie in one tensor. */
function projections({ selfAttn }: TransformerEncoderLayer): LinearMap[] {
  const parameters = selfAttn.parameters();
  const weights = split(parameters.get('in_proj_weight') as Tensor, 3);
  const bias = parameters.get('in_proj_bias');
  const biases = bias === undefined ? [] : split(bias, 3);
  return weights.map((weight, i) => ({ weight, bias: biases[i] }));
}

function encoderLayer(layer: TransformerEncoderLayer, parts: readonly LinearMap[]): LayerWeights {
  const [query, key, value] = parts as [LinearMap, LinearMap, LinearMap];
  const { selfAttn, linear1, linear2, norm1, norm2, normFirst, activation } = layer;
  return {
    order: normFirst ? 'pre' : 'post',
    attention: { query, key, value, output: mapOf(selfAttn.outProj), heads: selfAttn.heads },
    mlp: { up: mapOf(linear1), down: mapOf(linear2), activation },
    norms: { attention: normOf(norm1), mlp: normOf(norm2) },
  };
}

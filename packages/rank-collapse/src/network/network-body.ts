/** The network but for its classifier: tokens of the input, the layers, and a pooler that only state dicts know. */
import { Dropout, LayerNorm, Module } from '@saccade/nn';
import { gelu, type Rng, requireShape, scope, type Tensor, zeros } from '@saccade/tensor';
import { NetworkLayer } from './network-layer.js';
import type { SelfAttentionNetworkConfig } from './network-options.js';
import { SmallLinear } from './small-linear.js';
import { TokenEmbeddings } from './token-embeddings.js';

/**
 * Input -> tokens before the first layer, [batch, tokens, width]. State: `embeddings` of ids, or `embed_ffn`, `embed_ffn2` and `embed_LN` of points;
 * `encoder.layer.<i>`; `pooler.dense`, which no classifier of tokens reads, so that files of the release go both ways.
 */
export class NetworkBody extends Module {
  readonly embeddings: TokenEmbeddings | undefined;
  readonly embedFfn: SmallLinear | undefined;
  readonly embedFfn2: SmallLinear | undefined;
  readonly embedNorm: LayerNorm | undefined;
  readonly encoder: { readonly layer: readonly NetworkLayer[] };
  readonly dropout: Dropout;
  readonly #embed: (input: Tensor) => Tensor;

  constructor(config: SelfAttentionNetworkConfig, rng: Rng) {
    super();
    const { width, depth, epsilon } = config;
    if ('vocabulary' in config) {
      const embeddings = new TokenEmbeddings({ ...config, rng });
      this.embeddings = embeddings;
      this.#embed = (ids) => embeddings.forward(ids);
    } else {
      const first = new SmallLinear(config.coordinates, width, rng);
      const second = config.ffn2 ? new SmallLinear(width, width, rng) : undefined;
      const norm = new LayerNorm(width, { epsilon });
      this.embedFfn = first;
      this.embedFfn2 = second;
      this.embedNorm = norm;
      this.#embed = (points) => {
        requireShape('SelfAttentionNetwork', 'points', points, ['batch', 'tokens', config.coordinates]);
        const inner = first.forward(points);
        return norm.forward(second === undefined ? inner : second.forward(gelu(inner)));
      };
    }
    this.encoder = { layer: Array.from({ length: depth }, () => new NetworkLayer({ ...config, rng })) };
    this.buffer('pooler.dense.weight', zeros([width, width]));
    this.buffer('pooler.dense.bias', zeros([width]));
    this.dropout = new Dropout(config.dropout, { rng });
  }

  protected override nameOf(property: string): string {
    return property === 'embed_norm' ? 'embed_LN' : property;
  }

  /** @throws {ShapeError} for another input */
  override forward(input: Tensor): Tensor {
    return scope(() => this.dropout.forward(this.#embed(input)));
  }
}

/** The network of the paper's experiments: BERT's encoder on few tokens, with an answer for each of them (its section 4). */
import { Dropout, inference, Module } from '@saccade/nn';
import { checkOptions, requireFlag, requireRng, scope, type Tensor } from '@saccade/tensor';
import { NetworkBody } from './network-body.js';
import { networkConfig, type SelfAttentionNetworkConfig, type SelfAttentionNetworkOptions } from './network-options.js';
import { SmallLinear } from './small-linear.js';

/** What tokens were on their way. */
export interface HiddenStates {
  /** Before the first layer, and behind each: [batch, tokens, width], depth + 1 of them. */
  readonly hidden: readonly Tensor[];
  /** P of each layer, [batch, heads, tokens, tokens]; none unless they were asked for. */
  readonly attention: readonly Tensor[];
}

/**
 * Ids int32 [batch, tokens], or points [batch, tokens, coordinates], -> logits [batch, tokens, labels]: an embedding with a norm, layers of attention (and an MLP)
 * with a norm behind each half, and a linear classifier of the tokens. State as the release's SANForSequenceClassification: `bert.embeddings` or `bert.embed_ffn`,
 * `bert.encoder.layer.<i>`, `classifier`. Attention weights hold, for each head, one row a query: [batch, heads, query, key].
 */
export class SelfAttentionNetwork extends Module {
  readonly config: SelfAttentionNetworkConfig;
  readonly bert: NetworkBody;
  readonly dropout: Dropout;
  readonly classifier: SmallLinear;

  /** @throws {OptionError} for sizes that are no whole numbers from 1, heads that do not divide the width, and unless it reads either ids or points */
  constructor(options: SelfAttentionNetworkOptions) {
    super();
    const op = 'SelfAttentionNetwork';
    const config = networkConfig(op, options);
    const rng = requireRng(op, options.rng);
    this.config = config;
    this.bert = new NetworkBody(config, rng);
    this.dropout = new Dropout(config.dropout, { rng });
    this.classifier = new SmallLinear(config.width, config.labels, rng);
  }

  /** @throws {ShapeError} for an input of another shape, and for more ids than positions @throws {IndexError} for an id outside the vocabulary (on CPU devices) */
  override forward(input: Tensor): Tensor {
    return scope(() => {
      const last = this.bert.encoder.layer.reduce((x, layer) => layer.forward(x), this.bert.forward(input));
      return this.classifier.forward(this.dropout.forward(last));
    });
  }

  /**
   * All tokens on their way, without dropout.
   * @param options.attention whether to hold the attention weights too; default false
   * @throws as `forward`
   */
  hiddenStates(input: Tensor, options: { readonly attention?: boolean | undefined } = {}): HiddenStates {
    const op = 'SelfAttentionNetwork.hiddenStates';
    const { attention: wanted = false } = checkOptions(op, options, ['attention']);
    requireFlag(op, 'attention', wanted);
    return inference(this, () => {
      let x = this.bert.forward(input);
      const [hidden, attention]: [Tensor[], Tensor[]] = [[x], []];
      for (const layer of this.bert.encoder.layer) {
        if (wanted) attention.push(layer.attention.self.weights(x));
        x = layer.forward(x);
        hidden.push(x);
      }
      return { hidden, attention };
    });
  }
}

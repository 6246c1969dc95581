/** Multi-head attention whose heads share keys and queries, each mixing them in its own way (the paper's equation 6). */
import { Dropout, joinHeads, LayerNorm, Linear, Module, type MultiHeadAttention, splitHeads } from '@saccade/nn';
import {
  add,
  checkOptions,
  logicalAnd,
  matmul,
  mul,
  OptionError,
  quote,
  type Rng,
  requireAbove,
  requireCount,
  requireDivides,
  requireFlag,
  requireOneOf,
  requireRng,
  requireShape,
  requireWithin,
  scope,
  type Tensor,
} from '@saccade/tensor';
import { type ConcatenatedAttention, type ConcatenatedWeights, unshared } from './concatenated-weights.js';
import { type FromConcatenatedOptions, type ReparametrizedAttention, sharedForm } from './from-concatenated.js';
import { emptyHeads, type MixingStart, mixingStart, mixingStarts } from './mixing.js';
import { type SharedInputs, type SharedOptions, sharedAttention, sharedWeights } from './shared-attention.js';
import type { SharedKeyCache, SharedKeys } from './shared-key-cache.js';

/** Options of the layer. */
export interface CollaborativeAttentionOptions {
  /** Channels of the queries' source. */
  readonly width: number;
  readonly heads: number;
  /** Key dimensions that all heads share. */
  readonly sharedDim: number;
  /** Channels of the keys' and values' source. Default: the width. */
  readonly contextWidth?: number | undefined;
  /** Value channels of all heads. Default: the width. */
  readonly valueWidth?: number | undefined;
  /** Channels that go out. Default: the width. Without `dense` they are those of the values. */
  readonly outputs?: number | undefined;
  /** An affine map of the heads' values to the outputs. Default true. */
  readonly dense?: boolean | undefined;
  /** A bias of that map. Default true. */
  readonly denseBias?: boolean | undefined;
  /** Adds the input to the output and normalises, as BERT's block does. Default false; a number is its epsilon, 1e-5 for true. */
  readonly layerNorm?: boolean | number | undefined;
  /** A bias of each key in each head. Default true. */
  readonly contentBias?: boolean | undefined;
  /** Biases of the shared maps of queries and keys, which only the translation fork has. Default false. */
  readonly projectionBias?: boolean | undefined;
  /** A bias of the values. Default true. */
  readonly valueBias?: boolean | undefined;
  /** Start of the mixing. Default normal. */
  readonly mixing?: MixingStart | undefined;
  /**
   * Factor of the scores. Default 1 / sqrt(width / heads), that of ordinary heads. `released` is the release's sqrt(heads / sharedDim), which changes the
   * scores of a layer that is compressed.
   */
  readonly scale?: number | 'released' | undefined;
  /** Probability with which an attention weight is dropped in training. Default 0. */
  readonly dropout?: number | undefined;
  /** Draws the start values. */
  readonly rng: Rng;
}

const names = [
  'width',
  'heads',
  'sharedDim',
  'contextWidth',
  'valueWidth',
  'outputs',
  'dense',
  'denseBias',
  'layerNorm',
  'contentBias',
  'projectionBias',
  'valueBias',
  'mixing',
  'scale',
  'dropout',
  'rng',
] as const;

/** How a layer is built. */
export interface CollaborativeAttentionConfig {
  readonly width: number;
  readonly heads: number;
  readonly sharedDim: number;
  readonly contextWidth: number;
  readonly valueWidth: number;
  readonly outputs: number;
  readonly dense: boolean;
  readonly denseBias: boolean;
  /** The epsilon, or false. */
  readonly layerNorm: number | false;
  readonly contentBias: boolean;
  readonly projectionBias: boolean;
  readonly valueBias: boolean;
  readonly scale: number;
  readonly dropout: number;
}

/** What is attended to, and what is seen of it. */
export interface CollaborateOptions {
  /** Source of keys and values [batch, keys, contextWidth]. Default: the queries' own. */
  readonly context?: Tensor | undefined;
  /** bool, broadcasts to [batch, heads, queries, keys]: true where a query may look. A query that sees nothing gets zeros. */
  readonly mask?: Tensor | undefined;
  /** bool [batch, keys]: true for tokens, false for padding. */
  readonly keyMask?: Tensor | undefined;
  /** float, added to the scaled scores; broadcasts as `mask`. -Infinity hides a key as the mask does, -10000 only while others are seen. */
  readonly bias?: Tensor | undefined;
  /** Factors of the heads' weights, which broadcast to [batch, heads, 1, 1]: 0 takes a head out. */
  readonly headMask?: Tensor | undefined;
  /** Query i sees no later key; with a cache the queries are the last tokens. Default false. */
  readonly causal?: boolean | undefined;
  /** Keeps shared keys, content biases and values for the next call. */
  readonly cache?: SharedKeyCache | undefined;
}

const seenNames = ['context', 'mask', 'keyMask', 'bias', 'headMask', 'causal'] as const;

/**
 * softmax(scale (Q diag(m_h) K^T + c_h)) V_h in each head h, with one Q and one K for all: [batch, queries, width] -> [batch, queries, outputs]. State as in the
 * release: `query.weight` [R, width], `key.weight` [R, contextWidth], `mixing` [heads, R], `content_bias.weight` [heads, contextWidth], `value.weight`,
 * `value.bias`, `dense.weight`, `dense.bias`, `layer_norm.weight`, `layer_norm.bias`.
 */
export class CollaborativeAttention extends Module<[x: Tensor, options?: CollaborateOptions]> {
  readonly heads: number;
  readonly scale: number;
  readonly query: Linear;
  readonly key: Linear;
  readonly mixing: Tensor;
  readonly contentBias: Linear | undefined;
  readonly value: Linear;
  readonly dense: Linear | undefined;
  readonly layerNorm: LayerNorm | undefined;
  readonly dropout: Dropout | undefined;
  /** What to know of the layer's start, such as heads that got no dimension. */
  readonly notices: readonly string[];
  readonly #config: CollaborativeAttentionConfig;

  /** @throws {OptionError} for sizes that are no whole numbers from 1, heads that do not divide the value channels, and outputs that nothing makes */
  constructor(options: CollaborativeAttentionOptions) {
    super();
    const op = 'CollaborativeAttention';
    const config = checked(op, options);
    const rng = requireRng(op, options.rng);
    const { width, heads, sharedDim, contextWidth, valueWidth, outputs } = config;
    const { mixing = 'normal' } = options;
    requireOneOf(op, 'mixing', mixing, mixingStarts);
    this.#config = config;
    this.notices = mixing === 'concatenate' ? noticesOf(heads, sharedDim) : [];
    this.heads = heads;
    this.scale = config.scale;
    this.query = new Linear(width, sharedDim, { rng, bias: config.projectionBias });
    this.key = new Linear(contextWidth, sharedDim, { rng, bias: config.projectionBias });
    this.mixing = this.parameter('mixing', mixingStart(mixing, heads, sharedDim, rng));
    this.contentBias = config.contentBias ? new Linear(contextWidth, heads, { rng, bias: false }) : undefined;
    this.value = new Linear(contextWidth, valueWidth, { rng, bias: config.valueBias });
    this.dense = config.dense ? new Linear(valueWidth, outputs, { rng, bias: config.denseBias }) : undefined;
    this.layerNorm = config.layerNorm === false ? undefined : new LayerNorm(outputs, { epsilon: config.layerNorm });
    this.dropout = config.dropout > 0 ? new Dropout(config.dropout, { rng }) : undefined;
  }

  /** How the layer is built. */
  get config(): CollaborativeAttentionConfig {
    return this.#config;
  }

  /**
   * A trained layer in the shared form: query and key weights are decomposed (`decompose`), values and outputs stay, biases of the queries become content biases,
   * exactly, and those of the keys, which no softmax sees, go. From a rank of heads x dims on the layer computes what it did.
   * @throws as `decompose` @throws {OptionError} for weights that are missing
   */
  static fromConcatenated(
    given: MultiHeadAttention | ConcatenatedWeights,
    options: FromConcatenatedOptions,
  ): Promise<ReparametrizedAttention> {
    return scope(async () => {
      const { options: own, state, found } = await sharedForm(given, options);
      const layer = new CollaborativeAttention(own);
      layer.loadStateDict(state);
      return { layer, ...found };
    });
  }

  /** The same layer as an ordinary one, exactly: heads of R dimensions, and one more for the content bias. Its tensors are the caller's. */
  toConcatenated(): ConcatenatedAttention {
    const { heads, scale, query, key, mixing, contentBias, value, dense, layerNorm } = this;
    if (query.bias !== undefined) {
      throw new OptionError('toConcatenated: biases of the shared maps have no ordinary form here');
    }
    return scope(() => {
      const copy = (t: Tensor | undefined): Tensor | undefined => t?.mul(1);
      return {
        ...{ heads, scale },
        ...unshared(query.weight, key.weight, mixing, contentBias?.weight),
        valueWeight: value.weight.mul(1),
        valueBias: copy(value.bias),
        denseWeight: copy(dense?.weight),
        denseBias: copy(dense?.bias),
        layerNormWeight: copy(layerNorm?.weight),
        layerNormBias: copy(layerNorm?.bias),
      };
    });
  }

  /** @throws {ShapeError} unless x is [batch, queries, width] and the context [batch, keys, contextWidth] */
  override forward(x: Tensor, options: CollaborateOptions = {}): Tensor {
    const { cache, headMask, ...seen } = checkOptions('CollaborativeAttention', options, [...seenNames, 'cache']);
    const context = this.#check(x, seen.context);
    return scope(() => {
      const next = this.#keys(context);
      const keys = cache === undefined ? next : cache.with(next);
      const mixed = this.#attend({ query: this.query.forward(x), mixing: this.mixing, ...keys }, keys.value, seen);
      const joined = joinHeads(headMask === undefined ? mixed : mul(mixed, headMask));
      const out = this.dense === undefined ? joined : this.dense.forward(joined);
      const y = this.layerNorm === undefined ? out : this.layerNorm.forward(add(x, out));
      cache?.store(keys);
      return y;
    });
  }

  /** The weights of all heads [batch, heads, queries, keys], without dropout. @throws as `forward` */
  weights(x: Tensor, options: Omit<CollaborateOptions, 'cache'> = {}): Tensor {
    const { headMask, ...seen } = checkOptions('CollaborativeAttention', options, seenNames);
    const context = this.#check(x, seen.context);
    return scope(() => {
      const inputs = { query: this.query.forward(x), mixing: this.mixing, ...this.#keys(context) };
      const weights = sharedWeights(inputs, this.#scores(seen));
      return headMask === undefined ? weights : mul(weights, headMask);
    });
  }

  /** The context. */
  #check(x: Tensor, context: Tensor = x): Tensor {
    const op = 'CollaborativeAttention';
    const [batch] = requireShape(op, 'x', x, ['batch', 'length', this.#config.width]);
    requireShape(op, 'context', context, [batch, 'length', this.#config.contextWidth]);
    return context;
  }

  /** What is kept of the context. */
  #keys(context: Tensor): SharedKeys {
    return {
      key: this.key.forward(context),
      contentBias: this.contentBias?.forward(context),
      value: splitHeads(this.value.forward(context), this.heads),
    };
  }

  #scores({ mask, keyMask, bias, causal }: CollaborateOptions): SharedOptions {
    const tokens = keyMask?.expandDims(1).expandDims(1);
    const both = mask !== undefined && tokens !== undefined ? logicalAnd(mask, tokens) : (mask ?? tokens);
    return { scale: this.scale, mask: both, bias, causal };
  }

  #attend(inputs: SharedInputs, value: Tensor, seen: CollaborateOptions): Tensor {
    const scores = this.#scores(seen);
    if (this.dropout === undefined || !this.training) return sharedAttention(inputs, value, scores);
    return matmul(this.dropout.forward(sharedWeights(inputs, scores)), value);
  }
}

function noticesOf(heads: number, sharedDim: number): string[] {
  const empty = emptyHeads(heads, sharedDim);
  if (empty.length === 0) return [];
  return [
    `heads ${empty.join(', ')} got none of the ${sharedDim} dimensions: they look at all alike until they are trained`,
  ];
}

/** The configuration with its defaults. @throws {OptionError} */
function checked(op: string, options: CollaborativeAttentionOptions): CollaborativeAttentionConfig {
  checkOptions(op, options, names);
  const { width, heads, sharedDim, contextWidth = width, valueWidth = width } = options;
  const { dense = true, outputs = dense ? width : valueWidth, layerNorm = false } = options;
  const { contentBias = true, projectionBias = false, valueBias = true, denseBias = true, dropout = 0 } = options;
  const counts = { width, heads, sharedDim, contextWidth, valueWidth, outputs };
  for (const [name, value] of Object.entries(counts)) requireCount(op, name, value);
  requireDivides(op, 'heads', heads, valueWidth);
  for (const [name, value] of Object.entries({ dense, denseBias, contentBias, projectionBias, valueBias })) {
    requireFlag(op, name, value);
  }
  if (!dense && outputs !== valueWidth) {
    throw new OptionError(`${op}: without dense the outputs are the ${valueWidth} value channels, got ${outputs}`);
  }
  if (layerNorm !== false && outputs !== width) {
    throw new OptionError(`${op}: layerNorm adds the input of ${width} channels to ${outputs} outputs`);
  }
  requireWithin(op, 'dropout', dropout, 0, 1);
  return {
    ...counts,
    ...{ dense, denseBias, contentBias, projectionBias, valueBias, dropout },
    layerNorm: epsilonOf(op, layerNorm),
    scale: scaleOf(op, options),
  };
}

function epsilonOf(op: string, layerNorm: boolean | number): number | false {
  if (typeof layerNorm === 'boolean') return layerNorm ? 1e-5 : false;
  return requireAbove(op, 'layerNorm', layerNorm);
}

function scaleOf(op: string, { width, heads, sharedDim, scale }: CollaborativeAttentionOptions): number {
  if (scale === undefined) return Math.sqrt(heads / width);
  if (scale === 'released') return Math.sqrt(heads / sharedDim);
  if (Number.isFinite(scale)) return scale;
  throw new OptionError(`${op}: scale must be a number or 'released', got ${quote(scale)}`);
}

/** The attention layers that a model can be made of, as data. */
import type { Rng } from '@saccade/tensor';
import { OptionError, quote } from '@saccade/tensor';
import { ContentAttention } from '../layers/content-attention.js';
import {
  GatedPositionalAttention,
  type GatedPositionalAttentionOptions,
} from '../layers/gated-positional-attention.js';
import {
  LearnedRelativeAttention,
  type LearnedRelativeAttentionOptions,
} from '../layers/learned-relative-attention.js';
import { QuadraticAttention, type QuadraticAttentionOptions } from '../layers/quadratic-attention.js';
import type { AttentionLayer } from './attention-block.js';

/** What the model knows. */
interface Context {
  readonly dims: number;
  readonly channels: number;
  readonly heads: number;
  readonly rng: Rng;
}

/** An attention layer as data; what it does not say follows from the model. */
export type AttentionKind =
  | ({ readonly kind: 'quadratic' } & Pick<
      QuadraticAttentionOptions,
      'covariance' | 'centerDeviation' | 'spreadDeviation'
    >)
  | ({ readonly kind: 'learned' } & Pick<LearnedRelativeAttentionOptions, 'scores' | 'maxPositions' | 'embedding'>)
  | ({ readonly kind: 'gated' } & Pick<GatedPositionalAttentionOptions, 'qkvBias' | 'localInit' | 'localityStrength'>)
  | { readonly kind: 'content' };

/** The layers of these kinds. */
export type LayerOfKind = QuadraticAttention | LearnedRelativeAttention | GatedPositionalAttention | ContentAttention;

/** @throws {OptionError} for an unknown kind, or options that it does not know */
export function attentionLayer(op: string, attention: AttentionKind, context: Context): AttentionLayer {
  const { kind, ...own } = attention;
  const { dims, channels, heads, rng } = context;
  switch (kind) {
    case 'quadratic':
      return new QuadraticAttention({ ...own, dims, inputs: channels, heads, rng }) as unknown as AttentionLayer;
    case 'learned':
      return new LearnedRelativeAttention({ ...own, dims, inputs: channels, heads, rng }) as unknown as AttentionLayer;
    case 'gated':
      return new GatedPositionalAttention({ ...own, dims, channels, heads, rng });
    case 'content':
      return new ContentAttention({ ...own, channels, heads, rng });
    default:
      throw new OptionError(
        `${op}: attention must be of kind quadratic, learned, gated or content, got ${quote(kind)}`,
      );
  }
}

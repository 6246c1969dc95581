/** Single attention layers as data: how each is built, and built again. */
import { OptionError, quote, type Rng } from '@saccade/tensor';
import { ContentAttention } from '../layers/content-attention.js';
import { GatedPositionalAttention } from '../layers/gated-positional-attention.js';
import { LearnedRelativeAttention } from '../layers/learned-relative-attention.js';
import { QuadraticAttention } from '../layers/quadratic-attention.js';
import type { LayerOfKind } from '../model/attention-kinds.js';
import { learnedSize, quadraticSize, type Room, squareSize, type Unchecked } from './room.js';

/** What such a layer is built from, with its `kind`; undefined for something else. */
export function layerConfig(layer: unknown): object | undefined {
  if (layer instanceof QuadraticAttention) {
    return { kind: 'quadratic', dtype: layer.weight.dtype, ...layer.config };
  }
  if (layer instanceof LearnedRelativeAttention) {
    const { dims, inputs, heads, bias, scores, maxPositions, embedding } = layer.config;
    return { kind: 'learned', dtype: layer.weight.dtype, dims, inputs, heads, bias, scores, maxPositions, embedding };
  }
  if (layer instanceof GatedPositionalAttention) return { kind: 'gated', ...layer.config };
  if (layer instanceof ContentAttention) return { kind: 'content', channels: layer.channels, heads: layer.heads };
  return undefined;
}

/**
 * Builds a layer from data that nobody has checked.
 * @throws {FormatError} if it asks for more values than there are @throws {OptionError} for what is no layer
 */
export function buildLayer(op: string, { kind, ...config }: Unchecked, room: Room, rng: Rng): LayerOfKind {
  const options = { ...config, rng } as never;
  switch (kind) {
    case 'quadratic':
      room.take(quadraticSize(config));
      return new QuadraticAttention(options);
    case 'learned':
      room.take(learnedSize(config));
      return new LearnedRelativeAttention(options);
    case 'gated':
      room.take(squareSize(config));
      return new GatedPositionalAttention(options);
    case 'content':
      room.take(squareSize(config));
      return new ContentAttention(options);
    default:
      throw new OptionError(`a layer of kind ${quote(kind)} for ${op}`);
  }
}

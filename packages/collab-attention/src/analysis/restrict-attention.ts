/** Attention that looks at one of its two parts alone, to see what each is worth (the paper's section 3.2). */
import { assign, OptionError, requireOneOf, scope, type Tensor, zerosLike } from '@saccade/tensor';
import { CollaborativeAttention } from '../layer/collaborative-attention.js';

/**
 * `content`: scores are what keys are worth by themselves, c_h, whoever asks: the query weight becomes 0, as the biases' part of ordinary heads. `context`: scores
 * compare query and key alone: the content bias becomes 0. Ordinary layers come by `CollaborativeAttention.fromConcatenated` at their full rank, which is exact.
 * @returns the parameters that are still to be trained, by name, as optimizers take them
 * @throws {OptionError} for another layer or kind, and for `content` of a layer without content biases
 */
export function restrictAttention(
  layer: CollaborativeAttention,
  to: 'content' | 'context',
): ReadonlyMap<string, Tensor> {
  const op = 'restrictAttention';
  if (!(layer instanceof CollaborativeAttention)) throw new OptionError(`${op}: takes a CollaborativeAttention`);
  requireOneOf(op, 'to', to, ['content', 'context']);
  if (to === 'content' && layer.contentBias === undefined) {
    throw new OptionError(`${op}: this layer has no content biases: without its queries it would look at all alike`);
  }
  const gone = to === 'content' ? ['query.weight', 'query.bias'] : ['content_bias.weight'];
  const free = new Map(layer.parameters());
  for (const name of gone) {
    const parameter = free.get(name);
    if (parameter !== undefined) scope(() => assign(parameter, zerosLike(parameter)));
    free.delete(name);
  }
  return free;
}

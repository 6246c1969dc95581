/** The layers of attention inside a network, with what they are given for images: what pictures need. */
import { inference } from '@saccade/nn';
import { OptionError, quote, scope, type Tensor } from '@saccade/tensor';
import { LiftingSelfAttention } from '../layers/lifting-self-attention.js';
import { TransformerBlock } from '../layers/transformer-block.js';
import type { GroupAttentionNet } from '../network/group-attention-net.js';
import type { AttentionLayer } from './attention-maps.js';

/** One of them. */
export interface InnerAttention {
  /** As the network names the layer: `lifting`, `blocks.0.0`. */
  readonly name: string;
  readonly layer: AttentionLayer;
  /** What the layer is given for images, in evaluation: the option of `attentionSvg`. */
  readonly input: (images: Tensor) => Tensor;
}

/** All of a network, in order. */
export function attentionsIn(network: GroupAttentionNet): InnerAttention[] {
  return [...network.layers].flatMap(([name, module]): InnerAttention[] => {
    if (module instanceof LiftingSelfAttention) return [{ name, layer: module, input: before(network, name) }];
    if (!(module instanceof TransformerBlock)) return [];
    const input = before(network, name, (x) => module.activation(module.normIn.forward(x)));
    return [{ name, layer: module.attention, input }];
  });
}

/** The one of a name. @throws {OptionError} for a name that there is not */
export function attentionIn(network: GroupAttentionNet, name: string): InnerAttention {
  const all = attentionsIn(network);
  const found = all.find((one) => one.name === name);
  if (found !== undefined) return found;
  const names = all.map((one) => one.name).join(', ');
  throw new OptionError(`attentionIn: the network attends in ${names}, got ${quote(name)}`);
}

/** Runs the layers before the one of a name, and then a part of it. */
function before(network: GroupAttentionNet, name: string, part = (x: Tensor): Tensor => x.reshape(x.shape)) {
  return (images: Tensor): Tensor =>
    inference(network, () =>
      scope(() => {
        let x = images;
        for (const [own, module] of network.layers) {
          if (own === name) break;
          x = module.forward(x);
        }
        return part(x);
      }),
    );
}

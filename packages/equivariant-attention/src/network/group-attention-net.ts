/** Image classifiers of group self-attention: the paper's networks, and others made of the same parts. */
import { Module } from '@saccade/nn';
import { requireShape, scope, type Tensor } from '@saccade/tensor';
import { proveChain } from '../certify/chain.js';
import type { Form, Proof, Provable } from '../certify/proof.js';
import type { LayerState, Observable } from '../certify/run-model.js';
import type { Group } from '../groups/group.js';
import { Restrict } from '../layers/restrict.js';
import { buildLayers, type NetLayer } from './build-layers.js';
import { checkSizes } from './check-sizes.js';
import { type GroupAttentionNetConfig, netConfig } from './net-config.js';
import type { GroupAttentionNetOptions } from './net-options.js';

/**
 * Images [batch, height, width, imageChannels] -> logits [batch, classes]: lifting, norm, activation, blocks of attention with 2x2 pools between them, and the head. Logits
 * of turned images are the same, for every element of the group that maps pixels to pixels, if sizes allow: what they do not is told when the network is built. State: by
 * the layers' names, as `lifting.query.weight`, `blocks.0.1.attention.query.weight`, `head.classes.weight`.
 */
export class GroupAttentionNet extends Module implements Provable, Observable {
  /** How the network is built. */
  readonly config: GroupAttentionNetConfig;
  /** By name, in order. */
  readonly layers: ReadonlyMap<string, NetLayer>;

  /** @throws {OptionError} for an option that it does not know or that cannot be, and if `strict` for sizes by which equivariance is lost @throws {ShapeError} for images too small for crops and pools */
  constructor(options: GroupAttentionNetOptions) {
    super();
    const op = 'GroupAttentionNet';
    this.config = netConfig(op, options);
    this.layers = buildLayers(op, this.config, options.rng);
    try {
      checkSizes(op, this);
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  protected override nameOf(property: string): string {
    return property === 'layers' ? '' : property;
  }

  /** The group whose turns and mirrors it respects to the end: after a restriction, the subgroup. */
  get group(): Group {
    for (const layer of this.layers.values()) if (layer instanceof Restrict) return layer.to;
    return this.config.group;
  }

  /** Of one image: [height, width, channels], as sizes were checked for. */
  get inputShape(): readonly [height: number, width: number, channels: number] {
    return [...this.config.size, this.config.imageChannels];
  }

  /** @throws {ShapeError} unless images are [batch, height, width, imageChannels], with as many pixels as the layers need @throws {OptionError} if `strict` for NaN and infinite values */
  override forward(images: Tensor): Tensor {
    this.#requireImages(images);
    return scope(() => [...this.layers.values()].reduce((x, layer) => layer.forward(x), images));
  }

  /** What each layer gives, in order. */
  states(images: Tensor): LayerState[] {
    this.#requireImages(images);
    return scope(() => {
      let [state, { group }] = [images, this.config];
      return Array.from(this.layers, ([layer, module]) => {
        state = module.forward(state);
        if (module instanceof Restrict) group = module.to;
        return { layer, state, group };
      });
    });
  }

  #requireImages(images: Tensor): void {
    requireShape('GroupAttentionNet', 'images', images, ['batch', 'height', 'width', this.config.imageChannels]);
  }

  prove(form: Form, group: Group, layer: string): Proof {
    return proveChain(this.layers, form, group, layer);
  }
}

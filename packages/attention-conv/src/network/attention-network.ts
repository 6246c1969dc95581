/** A convolutional network whose convolutions, means and global means are attention: one module that can be trained and saved. */
import { type Flatten, Module } from '@saccade/nn';
import { OptionError, quote, requireCount, ShapeError, scope, show, type Tensor } from '@saccade/tensor';
import type { ValueKind } from '../convert/value-maps.js';
import { QuadraticAttention } from '../layers/quadratic-attention.js';
import type { Affine } from './affine.js';
import type { MaxPool } from './max-pool.js';
import type { BorderKind } from './part.js';
import { PixelMean } from './pixel-mean.js';
import type { Pointwise } from './pointwise.js';

/** What a network is made of. */
export type NetworkModule = QuadraticAttention | PixelMean | MaxPool | Pointwise | Flatten | Affine;

/** What a network was converted with. */
export interface Conversion {
  readonly alpha: number;
  /** Of layers that did not name one. */
  readonly border: BorderKind;
  readonly values: ValueKind;
  readonly inputRange: readonly [low: number, high: number];
  readonly extents: readonly number[];
}

/**
 * [batch, ...spatial, inputs] -> what the last layer gives: [batch, outputs], or images. The state has the layers' names: `<name>.attention_centers`,
 * `<name>.attention_spreads`, `<name>.value.weight`, `<name>.value.bias` of attention, `<name>.weight` and `<name>.bias` of linear layers.
 */
export class AttentionNetwork extends Module {
  /** Axes of the images. */
  readonly dims: number;
  /** Channels of the images. */
  readonly inputs: number;
  /** By name, in order: `QuadraticAttention`, and what has no attention form. */
  readonly layers: ReadonlyMap<string, NetworkModule>;
  readonly conversion: Conversion;

  /** @throws {OptionError} for sizes that are no whole numbers from 1, and names of layers by which two tensors would have one name */
  constructor(dims: number, inputs: number, layers: ReadonlyMap<string, NetworkModule>, conversion: Conversion) {
    super();
    this.dims = requireCount('AttentionNetwork', 'dims', dims, 1, 3);
    this.inputs = requireCount('AttentionNetwork', 'inputs', inputs);
    this.layers = layers;
    this.conversion = conversion;
    const all = [...layers.values()].reduce((count, layer) => count + layer.entries().size, 0);
    if (this.entries().size === all) return;
    throw new OptionError(`AttentionNetwork: two tensors would have one name with layers ${quote([...layers.keys()])}`);
  }

  protected override nameOf(property: string): string {
    return property === 'layers' ? '' : property;
  }

  /** @throws {ShapeError} unless images are [batch, ...spatial, inputs], of extents that go through all layers */
  override forward(images: Tensor): Tensor {
    if (images?.rank !== this.dims + 2 || images.shape.at(-1) !== this.inputs) {
      const got = images?.shape === undefined ? 'no tensor' : show(images.shape);
      const axes = ['length', 'height, width', 'depth, height, width'][this.dims - 1];
      throw new ShapeError(`AttentionNetwork: images must be [batch, ${axes}, ${this.inputs}], got ${got}`);
    }
    return scope(() => [...this.layers.values()].reduce((x, layer) => layer.forward(x), images));
  }

  /** The attention layers by name. */
  get attention(): ReadonlyMap<string, QuadraticAttention> {
    const found = new Map<string, QuadraticAttention>();
    for (const [name, layer] of this.layers) {
      if (layer instanceof PixelMean) found.set(name, layer.attention);
      else if (layer instanceof QuadraticAttention) found.set(name, layer);
    }
    return found;
  }
}

/** The layers of a checkpoint, of which no more are in memory than somebody uses, and the one that was read last. */
import type { TransformerMap } from '@saccade/nn';
import { dispose, keep, OptionError, scope } from '@saccade/tensor';
import type { LayerWeights } from './layer-weights.js';
import { readLayer, type WeightSource } from './read-layer.js';
import { requireFinite } from './require-layers.js';

/** A layer in memory, or on its way there. */
interface Held {
  readonly entry: TransformerMap['layers'][number];
  readonly layer: Promise<LayerWeights>;
  loaded: LayerWeights | undefined;
  users: number;
}

/** The layer that was read last, as ALBERT's layers are all one; and those before it that somebody still uses. */
export class HeldLayers {
  readonly #source: WeightSource;
  readonly #map: TransformerMap;
  #last: Held | undefined;

  constructor(source: WeightSource, map: TransformerMap) {
    this.#source = source;
    this.#map = map;
  }

  async use<T>(i: number, use: (layer: LayerWeights) => T | Promise<T>): Promise<T> {
    const entry = this.#map.layers[i];
    if (entry === undefined) throw new OptionError(`withLayer: there is no layer ${i} of ${this.#map.layers.length}`);
    const held = this.#hold(i, entry);
    held.users++;
    try {
      return await use(await held.layer);
    } finally {
      held.users--;
      this.#freeIfUnused(held);
    }
  }

  #hold(i: number, entry: Held['entry']): Held {
    if (this.#last?.entry === entry) return this.#last;
    this.free();
    const held: Held = { entry, layer: this.#read(i, entry), loaded: undefined, users: 0 };
    held.layer.then(
      (layer) => {
        held.loaded = layer;
      },
      () => {
        // What failed to be read may be tried again.
        if (this.#last === held) this.#last = undefined;
      },
    );
    this.#last = held;
    return held;
  }

  async #read(i: number, entry: Held['entry']): Promise<LayerWeights> {
    return keep(
      await scope(async () => {
        const layer = await readLayer(this.#source, entry);
        await requireFinite('openTransformer', i, layer);
        return layer;
      }),
    );
  }

  #freeIfUnused(held: Held): void {
    if (held !== this.#last && held.users === 0) dispose(held.loaded);
  }

  /** Forgets the last layer. */
  free(): void {
    const last = this.#last;
    this.#last = undefined;
    if (last !== undefined) this.#freeIfUnused(last);
  }
}

/** What a forward pass moves beside its result, buffers and random streams, and how to set it back. */
import { assign } from '@saccade/tensor';
import type { AnyModule } from '../module.js';

/** A function that notes where all of it stands, inside a scope, and gives one that sets it back. */
export function movingParts(model: AnyModule): () => () => void {
  const buffers = [...model.buffers().values()];
  const generators = [...model.generators().values()];
  return () => {
    // Another name for the same memory, which assign does not touch: nothing is copied.
    const values = buffers.map((buffer) => buffer.reshape(buffer.shape));
    const places = generators.map((rng) => rng.state);
    return () => {
      buffers.forEach((buffer, i) => {
        assign(buffer, values[i] as typeof buffer);
      });
      generators.forEach((rng, i) => {
        rng.state = places[i] as typeof rng.state;
      });
    };
  };
}

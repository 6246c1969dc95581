/** How far a lifting layer is from equivariant under a turn that does not map pixels to pixels. */
import {
  actOnFeatures,
  type Group,
  LiftingSelfAttention,
  type NeighbourhoodShape,
} from '@saccade/equivariant-attention';
import { Rng, scope } from '@saccade/tensor';
import { randomizeWeights } from './random-weights.js';
import { SmoothField } from './smooth-field.js';

/** Pixels across the picture, and around its centre those that are compared: beyond is what other neighbours see. */
const [side, radius] = [33, 12];

/** What a layer looks at. */
export interface Patch {
  readonly patch: number;
  readonly neighbourhood: NeighbourhoodShape;
}

/**
 * Of one layer of random weights and one smooth picture, turned by an element of a group: |f(T x) - T f(x)| within a radius of 12 pixels, root mean square over that
 * of T f(x) from its mean. Outputs are turned by cubic interpolation, pictures without any.
 */
export function turnError({ patch, neighbourhood }: Patch, group: Group, element: number, seed: number): number {
  const rng = new Rng(seed);
  const field = new SmoothField(rng, side);
  using layer = new LiftingSelfAttention(1, 8, { group, patch, neighbourhood, heads: 2, rng });
  randomizeWeights(layer, rng);
  const [[cos], [sin]] = group.matrices[element] as readonly [readonly [number, number], readonly [number, number]];
  return scope(() => {
    const turned = layer.forward(field.picture(side, Math.atan2(sin, cos)));
    const output = layer.forward(field.picture(side));
    const expected = actOnFeatures(output, group, element, { interpolation: 'cubic' });
    return relativeError(turned.dataSync(), expected.dataSync(), layer.outputs);
  });
}

/** Means over pixels within the radius, of values [1, elements, side, side, channels]. */
function relativeError(values: ArrayLike<number>, expected: ArrayLike<number>, channels: number): number {
  const layers = values.length / (side * side * channels);
  let [error, spread] = [0, 0];
  for (let part = 0; part < layers * channels; part++) {
    const [layer, channel] = [Math.floor(part / channels), part % channels];
    const seen = pixelsWithin.map((pixel) => (layer * side * side + pixel) * channels + channel);
    const at = (list: ArrayLike<number>, i: number): number => list[i] as number;
    const mean = seen.reduce((sum, i) => sum + at(expected, i), 0) / seen.length;
    for (const i of seen) {
      error += (at(values, i) - at(expected, i)) ** 2;
      spread += (at(expected, i) - mean) ** 2;
    }
  }
  return Math.sqrt(error / spread);
}

const pixelsWithin: readonly number[] = Array.from({ length: side * side }, (_, pixel) => pixel).filter((pixel) => {
  const [y, x] = [Math.floor(pixel / side) - (side - 1) / 2, (pixel % side) - (side - 1) / 2];
  return Math.hypot(y, x) <= radius;
});

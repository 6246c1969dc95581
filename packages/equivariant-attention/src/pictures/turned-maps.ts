/** Maps of attention for an image as it is and turned, and whether they turned with it. */
import { crop, scope, type Tensor } from '@saccade/tensor';
import { actOnImages } from '../groups/act.js';
import type { Group } from '../groups/group.js';
import type { PlaneMatrix } from '../groups/plane-matrix.js';
import { elementsIn } from '../layers/elements-in.js';
import type { Pixel } from '../layers/pixel-attention.js';
import { movedPixels } from '../layers/pixel-grid.js';
import { type AttentionLayer, type AttentionMaps, attentionMaps } from './attention-maps.js';

/** What is looked at. */
export interface TurnedSpec {
  /** Of the batch. */
  readonly index: number;
  readonly head: number | undefined;
  /** What the layer is given for images. Default: these. */
  readonly input: ((images: Tensor) => Tensor) | undefined;
  /** Whose elements turn the image. */
  readonly by: Group;
  /** Those elements. */
  readonly turns: readonly number[];
}

/** Maps of the image that one element has turned. */
export interface TurnedMaps extends AttentionMaps {
  readonly element: number;
  /** Where the query pixel went. */
  readonly pixel: Pixel;
  /** For each map, which of the upright image's it should be, turned: those of h^-1 v, or of v where the layer's group has no h. */
  readonly origins: readonly number[];
  /** For each map, by how much it is not that: the largest difference over the largest weight. */
  readonly errors: readonly number[];
}

/** One row for each element. */
export async function turnedMaps(
  layer: AttentionLayer,
  images: Tensor,
  pixel: Pixel,
  spec: TurnedSpec,
): Promise<TurnedMaps[]> {
  const { by, turns } = spec;
  const upright = await mapsOf(layer, images, pixel, by.identity, spec);
  const own = elementsIn(by, layer.group);
  const rows: TurnedMaps[] = [];
  for (const element of turns) {
    const places = movedPixels(by.matrices[element] as PlaneMatrix, upright);
    const place = places[pixel.row * upright.width + pixel.column] as number;
    const moved = { row: Math.floor(place / upright.width), column: place % upright.width };
    const turned = await mapsOf(layer, images, moved, element, spec);
    const h = own[element];
    const back = h === undefined ? layer.group.identity : layer.group.inverse(h);
    const origins = turned.maps.map((_, v) => layer.group.multiply(back, v));
    const errors = turned.maps.map((map, v) =>
      differenceOf(map, upright.maps[origins[v] as number] as Float32Array, places),
    );
    rows.push({ ...turned, element, pixel: moved, origins, errors });
  }
  return rows;
}

async function mapsOf(
  layer: AttentionLayer,
  images: Tensor,
  pixel: Pixel,
  element: number,
  { by, index, head, input }: TurnedSpec,
): Promise<AttentionMaps> {
  const [, ...sides] = images.shape as readonly [number, number, number, number];
  const fed = scope(() => {
    const turned = actOnImages(crop(images, [index, 0, 0, 0], [1, ...sides]), by, element);
    return input === undefined ? turned : input(turned);
  });
  try {
    return await attentionMaps(layer, fed, pixel, { head });
  } finally {
    fed.dispose();
  }
}

/** By how much a map is not another one, turned. @param places where each pixel goes */
function differenceOf(map: Float32Array, origin: Float32Array, places: Int32Array): number {
  let [apart, most] = [0, 0];
  for (const [i, weight] of origin.entries()) {
    apart = Math.max(apart, Math.abs((map[places[i] as number] as number) - weight));
    most = Math.max(most, weight);
  }
  return apart === 0 ? 0 : apart / most;
}

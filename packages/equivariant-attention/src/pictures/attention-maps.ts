/** Where one pixel looks, as a map of the image for each element of the group. */
import { checkOptions, requireCount, requireShape, type Tensor } from '@saccade/tensor';
import type { Group } from '../groups/group.js';
import type { Pixel, PixelAttention } from '../layers/pixel-attention.js';

/** What tells where its pixels look: the layers of attention, and whatever has their method. */
export interface AttentionLayer {
  readonly group: Group;
  attentionAt(input: Tensor, pixel: Pixel): PixelAttention;
}

/** Options of the maps. */
export interface AttentionMapsOptions {
  /** Which of the batch. Default 0. */
  readonly index?: number | undefined;
  /** Of one head. Default: the mean of all. */
  readonly head?: number | undefined;
}

/** The names of these options. */
export const attentionMapsNames = ['index', 'head'] as const;

/** Maps of one pixel. */
export interface AttentionMaps {
  /** Pixels. */
  readonly height: number;
  readonly width: number;
  /** For each element of the output, in their order, [height width]: the weight of each pixel, over all key elements. Each sums to 1. */
  readonly maps: readonly Float32Array[];
}

/**
 * The weights with which a pixel attends to the others, for each output element: the sum over key elements, the mean over query elements and heads. If the layer is
 * equivariant, turning its input by h turns each map by h and puts that of v in the place of h v.
 * @param input of the layer: [batch, height, width, channels] of one that lifts, else [batch, group, height, width, channels]
 * @throws {OptionError} for a pixel, an index or a head that is not there @throws {ShapeError} for an input that does not fit
 */
export async function attentionMaps(
  layer: AttentionLayer,
  input: Tensor,
  pixel: Pixel,
  options: AttentionMapsOptions = {},
): Promise<AttentionMaps> {
  const op = 'attentionMaps';
  const { index = 0, head } = checkOptions(op, options, attentionMapsNames);
  const { weights, offsets } = layer.attentionAt(input, pixel);
  try {
    const [batch, heads, outputs] = requireShape(op, 'weights', weights, sizes);
    requireCount(op, 'index', index, 0, batch - 1);
    if (head !== undefined) requireCount(op, 'head', head, 0, heads - 1);
    const [height, width] = input.shape.slice(-3, -1) as [number, number];
    const shown = head === undefined ? Array.from({ length: heads }, (_, h) => h) : [head];
    const places = placesOf(offsets, pixel, { height, width });
    const data = await weights.data<'float32'>();
    const each = weights.size / (batch * heads * outputs);
    const maps = Array.from({ length: outputs }, (_, v) => {
      const rows = shown.map((h) => ((index * heads + h) * outputs + v) * each);
      return mapOf(
        rows.map((start) => data.subarray(start, start + each)),
        places,
        height * width,
      );
    });
    return { height, width, maps };
  } finally {
    weights.dispose();
  }
}

const sizes = ['batch', 'heads', 'outputs', 'queries', 'keys', 'offsets'] as const;

/** The pixel at each offset; -1 outside of the image. */
function placesOf(offsets: Int32Array, { row, column }: Pixel, sides: { height: number; width: number }): Int32Array {
  return Int32Array.from({ length: offsets.length / 2 }, (_, o) => {
    const [y, x] = [row + (offsets[2 * o] as number), column + (offsets[2 * o + 1] as number)];
    return y >= 0 && y < sides.height && x >= 0 && x < sides.width ? y * sides.width + x : -1;
  });
}

/** The mean of softmax rows [.., offsets] at their pixels: how many rows there are tells their sum. */
function mapOf(parts: readonly Float32Array[], places: Int32Array, pixels: number): Float32Array {
  const map = new Float64Array(pixels);
  let all = 0;
  for (const part of parts) {
    for (const [i, weight] of part.entries()) {
      const place = places[i % places.length] as number;
      if (place >= 0) map[place] = (map[place] as number) + weight;
      all += weight;
    }
  }
  return Float32Array.from(map, (weight) => weight / all);
}

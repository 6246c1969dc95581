/** Quadratic attention through windows: each query looks at the pixels around it alone, which is what wide images and narrow heads want. */
import {
  add,
  broadcastTo,
  checkOptions,
  checkpoint,
  concat,
  expandDims,
  gather,
  logSumExp,
  matmul,
  mul,
  OptionError,
  requireAbove,
  requireCount,
  reshape,
  scope,
  sigmoid,
  softmax,
  sub,
  type Tensor,
  tensor,
  where,
} from '@saccade/tensor';
import { type Axis, keysOf, queriesOf, total } from './grid.js';
import type { QuadraticAttention } from './quadratic-attention.js';
import { seeingRadius, sharesBeyond, wholeRadius } from './truncation.js';

/** Options of `blur`. */
export interface BlurOptions {
  /** Offsets from -radius to radius along each axis are looked at. Default: as few as the tolerance allows. */
  readonly radius?: number | undefined;
  /** The largest share of any query's weight that the window may leave out. Default 1e-6. */
  readonly tolerance?: number | undefined;
}

/** What `blur` gives. */
export interface Blur {
  /** [batch, ...queries, outputs], as `layer.forward` gives it. */
  readonly output: Tensor;
  readonly radius: number;
  /**
   * The largest share t of any head's and query's weight that was left out, borders included: no output differs from the layer's by more than t sum |W| (the
   * width of the images' values).
   */
  readonly truncatedMass: number;
}

/**
 * As `layer.forward(images)`, but for offsets beyond the radius, whose weight goes to the others: what the release's `attention_gaussian_blur_trick` was meant
 * to be, with the axes, heads and precisions in their places and weights that add up to 1 at borders. It takes queries x window steps in place of queries x
 * keys, so it is for large images and full precision; others `forward` does axis by axis. Gradients flow as in `forward`.
 * @throws {OptionError} for a radius and a tolerance together, or a radius with which a query sees no pixel @throws {ShapeError} as `forward`
 * @throws {DeviceError} on a GPU, whose memory the CPU does not see
 */
export function blur(layer: QuadraticAttention, images: Tensor, options: BlurOptions = {}): Blur {
  const { radius: asked, tolerance = 1e-6 } = checkOptions('blur', options, ['radius', 'tolerance']);
  if (asked !== undefined && options.tolerance !== undefined) {
    throw new OptionError('blur: takes a radius or a tolerance, got both');
  }
  requireAbove('blur', 'tolerance', tolerance);
  if (asked !== undefined) requireCount('blur', 'radius', asked, 0);
  const axes = layer.axesOf(images);
  const { radius, truncatedMass } = chooseRadius(layer, axes, asked, tolerance);
  const output = scope(() => {
    const out = mixWindows(layer, layer.extended(images), axes, radius);
    return layer.bias === undefined ? out : add(out, layer.bias);
  });
  return { output, radius, truncatedMass };
}

/** @throws {OptionError} for a radius with which a query sees nothing */
function chooseRadius(
  layer: QuadraticAttention,
  axes: readonly Axis[],
  asked: number | undefined,
  tolerance: number,
): { radius: number; truncatedMass: number } {
  const [least, most] = [seeingRadius(axes), wholeRadius(axes)];
  if (asked !== undefined && asked < least) {
    throw new OptionError(`blur: with radius ${asked} there are queries that see no pixel; it takes ${least}`);
  }
  const shares = layer.spreadsNow().map((head) => sharesBeyond(head, axes, most));
  const beyond = (radius: number): number => shares.reduce((worst, share) => Math.max(worst, share[radius]!), 0);
  let radius = Math.min(asked ?? least, most);
  while (asked === undefined && radius < most && !(beyond(radius) <= tolerance)) radius++;
  return { radius, truncatedMass: beyond(radius) };
}

/** Values in what one tile of queries sees, 4 MB. */
const TILE = 2 ** 20;

/** All but the bias, tile by tile of queries. */
function mixWindows(layer: QuadraticAttention, x: Tensor, axes: readonly Axis[], radius: number): Tensor {
  const { heads, inputs, outputs, dims } = layer;
  const [batch, queries, taps] = [x.shape[0] as number, total(axes, queriesOf), (2 * radius + 1) ** dims];
  const flat = reshape(x, [batch, total(axes, keysOf), inputs]);
  const [scores, sink] = [layer.scoresAround(radius), layer.sink()];
  const maps = reshape(layer.maps(), [heads * inputs, outputs]);
  const tile = Math.max(1, Math.floor(TILE / (taps * Math.max(heads, batch * inputs))));
  const part = (from: number, to: number) => (): Tensor => {
    const { places, inside } = windowPlaces(axes, radius, from, to);
    const shape = [to - from, taps];
    const { device } = x;
    const seen = gather(flat, tensor(places, { shape, device }), { axis: 1 });
    const mask = expandDims(tensor(inside, { shape, dtype: 'bool', device }), 1);
    const mixed = matmul(windowWeights(scores, mask, sink), seen);
    return matmul(reshape(mixed, [batch, to - from, heads * inputs]), maps);
  };
  const parts: Tensor[] = [];
  for (let from = 0; from < queries; from += tile) {
    const one = part(from, Math.min(queries, from + tile));
    parts.push(tile < queries ? checkpoint(one)() : one());
  }
  const out = parts.length === 1 ? (parts[0] as Tensor) : concat(parts, 1);
  return reshape(out, [batch, ...axes.map(queriesOf), outputs]);
}

/** Weights of the queries' windows [queries, heads, offsets], 0 outside of the image. @param mask [queries, 1, offsets] */
function windowWeights(scores: Tensor, mask: Tensor, sink: Tensor | undefined): Tensor {
  const all = broadcastTo(scores, [mask.shape[0] as number, ...scores.shape]);
  const weights = softmax(all, { mask });
  if (sink === undefined) return weights;
  const logZ = logSumExp(where(mask, all, Number.NEGATIVE_INFINITY), { axis: -1, keepDims: true });
  return mul(weights, sigmoid(sub(logZ, expandDims(sink, 1))));
}

/** For the queries [from, to), row by row, and all offsets the place of the key, and whether there is one: [to - from, offsets]. */
function windowPlaces(
  axes: readonly Axis[],
  radius: number,
  from: number,
  to: number,
): { places: Int32Array; inside: Uint8Array } {
  const extent = 2 * radius + 1;
  const taps = extent ** axes.length;
  const places = new Int32Array((to - from) * taps);
  for (let query = from; query < to; query++) {
    let row = Int32Array.of(0);
    for (const [i, axis] of axes.entries()) {
      const behind = total(axes.slice(i + 1), queriesOf);
      const at = (Math.floor(query / behind) % axis.queries) * axis.stride - axis.first - radius;
      const before = row;
      row = new Int32Array(before.length * extent);
      for (let j = 0; j < row.length; j++) {
        const outer = Math.floor(j / extent);
        const key = at + j - outer * extent;
        row[j] = before[outer]! < 0 || key < 0 || key >= axis.keys ? -1 : before[outer]! * axis.keys + key;
      }
    }
    places.set(row, (query - from) * taps);
  }
  const inside = Uint8Array.from(places, (place) => Number(place >= 0));
  return { places: places.map((place) => Math.max(0, place)), inside };
}

/** The way back: from attention to the smallest convolution that does the same. */
import {
  add,
  div,
  equal,
  gather,
  OptionError,
  requireAbove,
  requireFrom,
  scope,
  sum,
  type Tensor,
  tensor,
  where,
} from '@saccade/tensor';
import type { Convolution } from '../convolution/convolution.js';
import type { PaddingMode, Widths } from '../layers/border.js';
import type { PositionAttention } from '../layers/position-attention.js';
import { kernelOf } from './effective-kernel.js';
import { marginals, type Neighbourhood, neighbourhood } from './marginals.js';

/** How far the convolution can be from the layer. */
export interface InverseCertificate {
  /** The largest difference of any output, away from borders, for images whose values lie within `range` of each other. */
  readonly errorBound: number;
  /** The largest share of any head's weight that the kernel leaves out. */
  readonly droppedMass: number;
  /** Whether outputs near borders are as close: so it is where every head looks at one pixel. Else attention spreads the weight that would lie outside over the pixels inside. */
  readonly bordersToo: boolean;
}

/** A convolution that `convToAttention` takes, and its certificate beside it. */
export interface EffectiveConvolution extends Convolution {
  /** [outputs, inputs, ...taps]. */
  readonly weight: Tensor;
  readonly bias: Tensor | undefined;
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  readonly padding: Widths;
  readonly paddingMode: PaddingMode;
  readonly certificate: InverseCertificate;
}

/** The offsets that the kernel keeps along an axis: low, low + step, ..., high. */
interface Kept {
  readonly low: number;
  readonly high: number;
  readonly step: number;
}

/** Offsets that are looked at, at most, to find those that matter. */
const MOST_OFFSETS = 2 ** 24;

/**
 * The smallest kernel, with the widest dilation, that leaves out so little of the heads' weight that no output changes by more than `tolerance`. Its tensors
 * are the caller's.
 * @param options.range how far the images' values lie apart. Default 1
 * @throws {OptionError} for a tolerance not above 0, and if a head looks so far that no kernel has room for it
 */
export function toConv(
  layer: PositionAttention,
  tolerance: number,
  { range = 1 }: { readonly range?: number | undefined } = {},
): EffectiveConvolution {
  requireAbove('toConv', 'tolerance', tolerance);
  requireFrom('toConv', 'range', range);
  const radius = requireReach(layer);
  const near = neighbourhood(layer, radius);
  const norms = headNorms(layer);
  const kept = keptOffsets(near, norms, tolerance / (range || 1));
  const axes = kept.map((axis, i) => withinPadding(axis, layer.window.growth[i] as number));
  const dropped = droppedMasses(near, axes);
  const { weight, bias } = scope(() => ({
    weight: kernelOf(keptWeights(layer, radius, axes), layer.maps()),
    bias: layer.bias?.mul(1),
  }));
  return {
    weight,
    bias,
    stride: layer.window.stride,
    dilation: axes.map(({ step }) => step),
    padding: axes.map(({ low, high }, i) => [-low || 0, (layer.window.growth[i] as number) + high]),
    paddingMode: modeOf(layer),
    certificate: {
      errorBound: range * Math.max(0, ...weighted(dropped, norms)),
      droppedMass: Math.max(0, ...dropped),
      bordersToo: layer.shifts(1e-6) !== undefined,
    },
  };
}

/** A radius within which all heads have all of their weight. @throws {OptionError} */
function requireReach(layer: PositionAttention): number {
  const reaches = layer.reaches();
  const most = Math.floor(((MOST_OFFSETS / Math.max(1, layer.heads)) ** (1 / layer.dims) - 1) / 2);
  const far = reaches.findIndex((reach) => !(reach <= most));
  if (far >= 0) {
    throw new OptionError(`toConv: head ${far} looks further than ${most} pixels: it is no convolution of a kernel`);
  }
  return Math.max(0, ...reaches);
}

function modeOf({ window: { border } }: PositionAttention): PaddingMode {
  if (border.kind === 'pad') return border.mode;
  return border.kind === 'sink' ? 'zeros' : 'replicate';
}

/** sum_c |W^h[c, o]|: [heads][outputs]. */
function headNorms(layer: PositionAttention): Float64Array[] {
  const maps = layer.maps();
  const [heads, inputs, outputs] = maps.shape as [number, number, number];
  const data = maps.dataSync();
  maps.dispose();
  return Array.from({ length: heads }, (_, h) => {
    const norms = new Float64Array(outputs);
    for (let i = 0; i < inputs * outputs; i++) norms[i % outputs]! += Math.abs(data[h * inputs * outputs + i]!);
    return norms;
  });
}

/** For each output what the heads' shares add up to. */
function weighted(shares: readonly number[], norms: readonly Float64Array[]): number[] {
  return Array.from(norms[0] ?? [], (_, o) => shares.reduce((all, share, h) => all + share * norms[h]![o]!, 0));
}

/** Leaves out the slices of the neighbourhood that matter least, while all together matter at most `budget`. */
function keptOffsets(near: Neighbourhood, norms: readonly Float64Array[], budget: number): Kept[] {
  const slices = Array.from({ length: near.dims }, (_, axis) => {
    const shares = marginals(near, axis);
    return Array.from({ length: 2 * near.radius + 1 }, (_, x) => ({
      axis,
      offset: x - near.radius,
      cost: Math.max(
        0,
        ...weighted(
          shares.map((share) => share[x]!),
          norms,
        ),
      ),
    }));
  });
  const left = slices.map((list) => new Set(list.map(({ offset }) => offset)));
  let spent = 0;
  const order = slices.flat().sort((a, b) => a.cost - b.cost || Math.abs(b.offset) - Math.abs(a.offset));
  for (const { axis, offset, cost } of order) {
    if (spent + cost > budget) break;
    if (left[axis]!.size === 1) continue;
    left[axis]!.delete(offset);
    spent += cost;
  }
  return left.map((offsets) => spanOf([...offsets]));
}

function spanOf(offsets: readonly number[]): Kept {
  const [low, high] = [Math.min(...offsets), Math.max(...offsets)];
  const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));
  return { low, high, step: offsets.reduce((g, offset) => divisor(offset - low, g), 0) || 1 };
}

/** Padding cannot be negative: taps of weight zero take its place. */
function withinPadding({ low, high, step }: Kept, growth: number): Kept {
  const offsets = [low, high, low + step, ...(low > 0 ? [0] : []), ...(high < -growth ? [-growth] : [])];
  return spanOf(offsets.filter((offset) => offset <= Math.max(high, -growth)));
}

/** What lies outside of the kept offsets, of each head. */
function droppedMasses(near: Neighbourhood, axes: readonly Kept[]): number[] {
  const { p, heads, radius, dims } = near;
  const extent = 2 * radius + 1;
  const size = extent ** dims;
  const keeps = axes.map(({ low, high, step }) =>
    Array.from({ length: extent }, (_, x) => {
      const offset = x - radius;
      return offset >= low && offset <= high && (offset - low) % step === 0;
    }),
  );
  const inside = new Uint8Array(size).map((_, i) => {
    let rest = i;
    for (let axis = dims - 1; axis >= 0; axis--) {
      if (!keeps[axis]![rest % extent]) return 0;
      rest = Math.floor(rest / extent);
    }
    return 1;
  });
  return Array.from({ length: heads }, (_, h) => {
    let dropped = 0;
    for (let i = 0; i < size; i++) if (inside[i] === 0) dropped += p[h * size + i]!;
    return dropped;
  });
}

/** The heads' weights at the kept offsets, which add up to 1 again: [heads, ...taps]. */
function keptWeights(layer: PositionAttention, radius: number, axes: readonly Kept[]): Tensor {
  // A kernel may reach beyond the neighbourhood where padding asks for it; there is no weight there.
  const wide = Math.max(radius, ...axes.map(({ low, high }) => Math.max(-low, high)));
  const p = axes.reduce<Tensor>((part, { low, high, step }, i) => {
    const taps = Math.floor((high - low) / step) + 1;
    const places = tensor(
      Int32Array.from({ length: taps }, (_, a) => low + a * step + wide),
      { device: part.device },
    );
    return gather(part, places, { axis: i + 1 });
  }, layer.probabilities(wide));
  if (layer.window.border.kind === 'sink') return p;
  const all = sum(p, { axis: axes.map((_, i) => i + 1), keepDims: true });
  // A head that has none of its weight here adds next to nothing: the kernel may have its values anywhere.
  const none = equal(all, 0);
  return add(div(p, where(none, 1, all)), where(none, 1 / (p.size / layer.heads), 0));
}

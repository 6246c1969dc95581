/** Attention sampling (Katharopoulos and Fleuret 2019): patches drawn at random where a low-resolution network looks. The baseline. */
import {
  add,
  cast,
  checkOptions,
  clip,
  cumsum,
  expandDims,
  greater,
  isTensor,
  less,
  lessEqual,
  log,
  mul,
  neg,
  OptionError,
  quote,
  type Rng,
  requireRng,
  requireShape,
  requireWithin,
  reshape,
  ShapeError,
  scope,
  show,
  softmax,
  stopGradient,
  sub,
  sum,
  type Tensor,
  takeAlong,
  topk,
  where,
} from '@saccade/tensor';

/** How cells are drawn. */
export interface AttentionSamplingOptions {
  /** How many. */
  readonly k: number;
  /** Share of the attention that is spread evenly over all cells, in [0, 1]. Default 1e-5. */
  readonly smoothing?: number | undefined;
  /** Whether a cell can be drawn more than once. Default false. */
  readonly replacement?: boolean | undefined;
  /** Numbers in [0, 1) instead of a generator's: [batch, n] without replacement, [batch, k] with. */
  readonly uniforms?: Tensor | undefined;
  readonly rng?: Rng | undefined;
}

/** What was drawn. */
export interface AttentionSample {
  /** The smoothed attention, in the shape of the logits; sums to 1 for each image. */
  readonly attention: Tensor;
  /** Cells in the order in which they were drawn, int32 [batch, k], numbered row by row. */
  readonly indices: Tensor;
  /** The attention of the cells drawn, [batch, k]: what `attentionExpectation` wants. Differentiable. */
  readonly weights: Tensor;
}

const names = ['k', 'smoothing', 'replacement', 'uniforms', 'rng'] as const;

/**
 * Softmax of the logits [batch, ...cells] over all cells of an image, smoothed, and k cells drawn from it: without replacement
 * by the k largest of log(attention) + Gumbel noise. Cells without attention are never drawn.
 * @throws {OptionError} for options out of range, without uniforms and rng, and for images with fewer than k cells to draw (on CPU devices)
 * @throws {ShapeError} for logits without cells and uniforms of another shape
 */
export function attentionSampling(logits: Tensor, options: AttentionSamplingOptions): AttentionSample {
  const op = 'attentionSampling';
  const { k, smoothing = 1e-5, replacement = false, uniforms, rng } = checkOptions(op, options, names);
  if (!isTensor(logits) || logits.rank < 2) {
    const got = isTensor(logits) ? show(logits.shape) : quote(logits);
    throw new ShapeError(`${op}: logits must be [batch, ...cells], got ${got}`);
  }
  const [batch = 0, ...cells] = logits.shape;
  const n = cells.reduce((product, extent) => product * extent, 1);
  if (!Number.isInteger(k) || k < 1 || (!replacement && k > n)) {
    throw new OptionError(`${op}: k must be an integer in [1, ${replacement ? 'Infinity' : n}], got ${quote(k)}`);
  }
  requireWithin(op, 'smoothing', smoothing, 0, 1);
  return scope(() => {
    const flat = softmax(reshape(logits, [batch, n]));
    const attention = smoothing === 0 ? flat : add(mul(flat, 1 - smoothing), smoothing / n);
    const u = uniformsOf(op, [batch, replacement ? k : n], uniforms, rng, logits);
    const draw = replacement ? drawAgain : drawApart;
    const indices = draw(stopGradient(attention), u, k);
    const weights = takeAlong(attention, indices);
    requireDrawn(op, weights, k);
    return { attention: reshape(attention, logits.shape), indices, weights };
  });
}

/** The given numbers, or new ones. */
function uniformsOf(
  op: string,
  shape: readonly [number, number],
  uniforms: Tensor | undefined,
  rng: Rng | undefined,
  { dtype, device }: Tensor,
): Tensor {
  if (uniforms === undefined) return requireRng(op, rng).uniform(shape, { dtype, device });
  requireShape(op, 'uniforms', uniforms, shape);
  return uniforms;
}

/** Gumbel top-k: without replacement, in the order of drawing. */
function drawApart(attention: Tensor, u: Tensor, k: number): Tensor {
  // Neither end gives an infinity, which could not be told from that of a cell without attention.
  const inside = clip(u, 1e-37, 1 - 2 ** -24);
  const keys = sub(log(attention), log(neg(log(inside))));
  return topk(where(greater(attention, 0), keys, -Infinity), k).indices;
}

/** The first cell where the running sum of the attention exceeds u: with replacement. */
function drawAgain(attention: Tensor, u: Tensor): Tensor {
  const ends = cumsum(attention, { axis: 1 });
  const total = ends.at(':', '-1:');
  const at = mul(u, total);
  // Rounding may have carried the product to the very end, where no cell is.
  const inside = where(less(at, total), at, mul(total, 1 - 2 ** -20));
  const passed = lessEqual(expandDims(ends, 1), expandDims(inside, 2));
  return cast(sum(cast(passed, 'int32'), { axis: 2 }), 'int32');
}

/** @throws {OptionError} if a cell was drawn that has no attention, or NaN */
function requireDrawn(op: string, weights: Tensor, k: number): void {
  if (weights.device.readSync === undefined) return;
  const bad = weights.dataSync().findIndex((weight: number) => !(weight > 0));
  if (bad < 0) return;
  const image = Math.floor(bad / k);
  throw new OptionError(
    `${op}: image ${image} has fewer than k = ${k} cells with attention; use smoothing, or look for NaN`,
  );
}

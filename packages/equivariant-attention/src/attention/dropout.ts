/** Dropout of attention weights, numbered so that a kernel can draw any row by itself, and rows can share their numbers. */
import {
  cast,
  type Device,
  type DType,
  gather,
  greaterEqual,
  mod,
  mul,
  Rng,
  type RngState,
  requireRng,
  requireWithin,
  reshape,
  ShapeError,
  scope,
  stack,
  type Tensor,
  tensor,
} from '@saccade/tensor';
import type { AttentionSizes } from './attention-inputs.js';

/** Which random numbers a row of weights reads: with the right ones, masks are the same over orbits of a group. */
export interface OrbitRows {
  /** [V, G, pixels]: row of random numbers, below V G pixels. */
  readonly rowOf: Int32Array;
  /** [V, M O]: place in the row, below M O. */
  readonly place: Int32Array;
}

/** Weights are dropped with probability `rate`, and those that stay grow by as much. */
export interface AttentionDropout {
  readonly rate: number;
  readonly rng: Rng;
  /** Default: each row reads its own numbers, in order. */
  readonly orbit?: OrbitRows | undefined;
}

/**
 * The masks of one call. Row r of batch b and head h, of R rows, is `blocks` blocks of four words from block
 * state.block + ((b heads + h) R + r) blocks on; number n of a row is the lower (n even) or upper 16 bits of word n / 2. A weight
 * stays where its number is at least `threshold`, and is multiplied by `factor`.
 */
export interface DropoutDraw {
  readonly state: RngState;
  readonly blocks: number;
  readonly threshold: number;
  readonly factor: number;
  readonly orbit: OrbitRows | undefined;
}

const numbers = 2 ** 16;

/** Moves the generator on; undefined where nothing is dropped. @throws {OptionError} unless the rate is in [0, 1] @throws {ShapeError} unless the orbit fits */
export function drawDropout(
  op: string,
  dropout: AttentionDropout | undefined,
  sizes: AttentionSizes,
): DropoutDraw | undefined {
  if (dropout === undefined) return undefined;
  const rng = requireRng(op, dropout.rng);
  const threshold = Math.round(requireWithin(op, 'dropout.rate', dropout.rate, 0, 1) * numbers);
  if (threshold === 0) return undefined;
  const { batch, heads } = sizes;
  const [rows, length] = [rowsOf(sizes), sizes.keys * sizes.offsets];
  if (dropout.orbit) requireOrbit(op, dropout.orbit, sizes, rows, length);
  const blocks = Math.ceil(length / 8);
  const { state } = rng;
  rng.skip(batch * heads * rows * blocks * 4);
  const factor = threshold === numbers ? 0 : numbers / (numbers - threshold);
  return { state, blocks, threshold, factor, orbit: dropout.orbit };
}

/** Rows of a batch's head: one for each output element, query element and pixel. */
function rowsOf({ outputs, queries, height, width }: AttentionSizes): number {
  return outputs * queries * height * width;
}

function requireOrbit(op: string, orbit: OrbitRows, sizes: AttentionSizes, rows: number, length: number): void {
  const { rowOf, place } = orbit;
  const isWithin = (all: Int32Array, count: number, limit: number): boolean =>
    all.length === count && all.every((index) => index >= 0 && index < limit);
  if (isWithin(rowOf, rows, rows) && isWithin(place, sizes.outputs * length, length)) return;
  throw new ShapeError(
    `${op}: dropout.orbit must have ${rows} numbers below ${rows} in rowOf and ${sizes.outputs * length} below ${length} in place`,
  );
}

/** 0 or the factor for each weight: [batch, heads, pixels, V, G, M O]. */
export function dropoutMask(draw: DropoutDraw, sizes: AttentionSizes, device: Device, dtype: DType): Tensor {
  const { batch, heads } = sizes;
  return scope(() => {
    const rng = new Rng(0);
    const words = [batch, heads, rowsOf(sizes), draw.blocks * 4];
    rng.state = draw.state;
    const whole = rng.integers(words, -(2 ** 31), 2 ** 31, { device });
    rng.state = draw.state;
    // The product with 2^16, of which the upper word is taken: the upper half of the same words.
    const upper = rng.integers(words, 0, numbers, { device });
    const halves = stack([mod(whole, numbers), upper], -1);
    const kept = reshape(greaterEqual(halves, draw.threshold), [batch, heads, -1]);
    const places = tensor(placesOf(draw, sizes), { device });
    const mask = gather(kept, places, { axis: 2 });
    const { outputs, queries, height, width, keys, offsets } = sizes;
    const shape = [batch, heads, height * width, outputs, queries, keys * offsets];
    return mul(cast(reshape(mask, shape), dtype), draw.factor);
  });
}

/** For each weight [pixels, V, G, M O] the place of its number among those of a batch's head. */
function placesOf({ blocks, orbit }: DropoutDraw, sizes: AttentionSizes): Int32Array {
  const { outputs, queries } = sizes;
  const [pixels, length] = [sizes.height * sizes.width, sizes.keys * sizes.offsets];
  const places = new Int32Array(pixels * outputs * queries * length);
  let at = 0;
  for (let pixel = 0; pixel < pixels; pixel++) {
    for (let v = 0; v < outputs; v++) {
      for (let g = 0; g < queries; g++) {
        const own = (v * queries + g) * pixels + pixel;
        const row = orbit === undefined ? own : (orbit.rowOf[own] as number);
        for (let j = 0; j < length; j++) {
          places[at++] = row * blocks * 8 + (orbit === undefined ? j : (orbit.place[v * length + j] as number));
        }
      }
    }
  }
  return places;
}

/** Seeded random numbers: a counter-based generator that is passed, split and saved like any value. */
import {
  currentDevice,
  type Device,
  type Distribution,
  type DType,
  DTypeError,
  isFloat,
  OptionError,
  philox,
  ShapeError,
} from '@saccade/kernels';
import { checkOptions, quote } from './arguments.js';
import { bufferOf, deviceOf, empty } from './engine.js';
import { argmax } from './ops/arg-reduce.js';
import { add } from './ops/arithmetic.js';
import { argsort } from './ops/sorting.js';
import { requireFloat, requireSupport } from './require-type.js';
import { syncScope } from './scope.js';
import { checkShape, type Shape, show } from './shape.js';
import { withTapes } from './tape.js';
import type { Tensor } from './tensor.js';

/** Where a generator stands; can be stored as JSON. */
export interface RngState {
  readonly key0: number;
  readonly key1: number;
  /** Blocks of four words already used. */
  readonly block: number;
}

/** Type and place of random tensors. */
export interface RandomOptions {
  /** 'float32' (default) or 'float64', which then holds the same float32 values; no other. */
  readonly dtype?: DType | undefined;
  /** Default: the current device. */
  readonly device?: Device | undefined;
}

function requireFloatName(op: string, dtype: DType): void {
  if (!isFloat(dtype)) throw new DTypeError(`${op}: dtype must be float32 or float64, got ${dtype}`);
}

/**
 * A stream of random numbers (Philox4x32-10). The same seed gives the same numbers on every device, with any number of
 * threads. Every call moves the stream on; `split` and `fork` make independent streams.
 */
export class Rng {
  #key0: number;
  #key1: number;
  #block: number;

  /** @param seed a whole number in [0, 2^53) @throws {OptionError} */
  constructor(seed: number) {
    if (!Number.isSafeInteger(seed) || seed < 0) {
      throw new OptionError(`Rng: seed must be a whole number in [0, 2^53), got ${seed}`);
    }
    this.#key0 = seed >>> 0;
    this.#key1 = Math.floor(seed / 2 ** 32);
    this.#block = 0;
  }

  /** Where the stream stands. */
  get state(): RngState {
    return { key0: this.#key0, key1: this.#key1, block: this.#block };
  }

  /** Moves the stream to a stored place. @throws {OptionError} unless the numbers can be a state */
  set state({ key0, key1, block }: RngState) {
    const valid = [key0, key1].every((key) => key >>> 0 === key) && Number.isSafeInteger(block) && block >= 0;
    if (!valid) throw new OptionError(`Rng: not a state: ${JSON.stringify({ key0, key1, block })}`);
    this.#key0 = key0;
    this.#key1 = key1;
    this.#block = block;
  }

  /** `count` independent streams; this one moves on. @throws {OptionError} unless it is a whole number from 0 */
  split(count = 2): Rng[] {
    if (!Number.isSafeInteger(count) || count < 0) {
      throw new OptionError(`Rng.split: count must be a whole number from 0, got ${count}`);
    }
    return Array.from({ length: count }, () => this.fork());
  }

  /** One independent stream: `split(1)` without the list. This one moves on. */
  fork(): Rng {
    const [key0, key1] = this.#words();
    const rng = new Rng(0);
    rng.state = { key0, key1, block: 0 };
    return rng;
  }

  /**
   * The independent stream number `index` of this generator: the same wherever this one stands, which does not move on.
   * Epoch 7 of a training run draws from `rng.derive(7)`, whatever was drawn before. @throws {OptionError} unless it is a whole number from 0
   */
  derive(index: number): Rng {
    if (!Number.isSafeInteger(index) || index < 0) {
      throw new OptionError(`Rng.derive: index must be a whole number from 0, got ${quote(index)}`);
    }
    // The third counter word sets these blocks apart from those that the stream itself uses.
    const [key0, key1] = philox([index >>> 0, Math.floor(index / 2 ** 32), 1, 0], [this.#key0, this.#key1]);
    const rng = new Rng(0);
    rng.state = { key0, key1, block: 0 };
    return rng;
  }

  /** Moves on as drawing a tensor of `count` elements would, without drawing it. @throws {OptionError} unless it is a whole number from 0 */
  skip(count: number): void {
    if (!Number.isSafeInteger(count) || count < 0) {
      throw new OptionError(`Rng.skip: count must be a whole number from 0, got ${quote(count)}`);
    }
    this.#block += Math.ceil(count / 4);
  }

  /** The next four words. */
  #words(): readonly [number, number, number, number] {
    const { key0, key1, block } = this.state;
    const words = philox([block >>> 0, Math.floor(block / 2 ** 32), 0, 0], [key0, key1]);
    this.#block += 1;
    return words;
  }

  /** One number in [0, 1), on the host, with 53 random bits. */
  number(): number {
    const [high, low] = this.#words();
    return ((high >>> 5) * 2 ** 26 + (low >>> 6)) / 2 ** 53;
  }

  #fill<S extends Shape>(
    op: string,
    distribution: Distribution,
    shape: S,
    dtype: DType,
    device: Device | undefined,
    a: number,
    b: number,
  ): Tensor<S> {
    checkShape(op, shape);
    const place = device ?? currentDevice();
    requireSupport(op, place, dtype);
    const t = empty(place, dtype, shape);
    place.kernels.random(distribution, bufferOf(op, t), this.state, a, b);
    this.skip(t.size);
    return t;
  }

  /** Uniform in [low, high), by default [0, 1), where float32 rounding may reach high. @throws {OptionError} unless low <= high, both finite */
  uniform<const S extends Shape>(shape: S, options: RandomOptions & { low?: number; high?: number } = {}): Tensor<S> {
    const names = ['low', 'high', 'dtype', 'device'] as const;
    const { low = 0, high = 1, dtype = 'float32', device } = checkOptions('Rng.uniform', options, names);
    if (!(low <= high) || !Number.isFinite(high - low)) {
      throw new OptionError(`Rng.uniform: low must not exceed high, both finite, got ${low} and ${high}`);
    }
    requireFloatName('Rng.uniform', dtype);
    return this.#fill('Rng.uniform', 'uniform', shape, dtype, device, low, high);
  }

  /** Normal with a mean, by default 0, and a standard deviation, by default 1. @throws {OptionError} for a negative or NaN deviation */
  normal<const S extends Shape>(
    shape: S,
    options: RandomOptions & { mean?: number; deviation?: number } = {},
  ): Tensor<S> {
    const names = ['mean', 'deviation', 'dtype', 'device'] as const;
    const { mean = 0, deviation = 1, dtype = 'float32', device } = checkOptions('Rng.normal', options, names);
    if (!(deviation >= 0) || !Number.isFinite(deviation + mean)) {
      throw new OptionError(
        `Rng.normal: mean must be finite and deviation a finite number from 0, got ${mean} and ${deviation}`,
      );
    }
    requireFloatName('Rng.normal', dtype);
    return this.#fill('Rng.normal', 'normal', shape, dtype, device, mean, deviation);
  }

  /** Standard Gumbel: the maximum of log-probabilities plus this noise is a sample. */
  gumbel<const S extends Shape>(shape: S, options: RandomOptions = {}): Tensor<S> {
    const { dtype = 'float32', device } = checkOptions('Rng.gumbel', options, ['dtype', 'device']);
    requireFloatName('Rng.gumbel', dtype);
    return this.#fill('Rng.gumbel', 'gumbel', shape, dtype, device, 0, 1);
  }

  /** bool, true with the given probability. @throws {OptionError} unless it is in [0, 1] */
  bernoulli<const S extends Shape>(shape: S, probability: number, options: { device?: Device } = {}): Tensor<S> {
    const { device } = checkOptions('Rng.bernoulli', options, ['device']);
    if (!(probability >= 0 && probability <= 1)) {
      throw new OptionError(`Rng.bernoulli: probability must be in [0, 1], got ${probability}`);
    }
    return this.#fill('Rng.bernoulli', 'bernoulli', shape, 'bool', device, probability, 0);
  }

  /** Whole numbers low <= x < high, int32. @throws {OptionError} unless low < high are int32 */
  integers<const S extends Shape>(shape: S, low: number, high: number, options: { device?: Device } = {}): Tensor<S> {
    const { device } = checkOptions('Rng.integers', options, ['device']);
    const valid = (low | 0) === low && Number.isInteger(high) && high <= 2 ** 31 && low < high;
    if (!valid)
      throw new OptionError(`Rng.integers: expected whole numbers low < high, got ${quote(low)} and ${quote(high)}`);
    return this.#fill('Rng.integers', 'integer', shape, 'int32', device, low, high);
  }

  /** 0 ... n - 1 in random order, int32 [n]. @throws {ShapeError} unless n is a whole number from 0 */
  permutation(n: number, options: { device?: Device } = {}): Tensor<readonly [number]> {
    const { device } = checkOptions('Rng.permutation', options, ['device']);
    checkShape('Rng.permutation', [n]);
    const order = syncScope(() => argsort(this.#fill('Rng.permutation', 'bits', [n], 'int32', device, 0, 0)));
    return order as Tensor<readonly [number]>;
  }

  /** For each row of logits [..., classes], one class (int32 [...]) with probability softmax(logits). No gradient flows. @throws {ShapeError} without classes @throws {DTypeError} unless floats */
  categorical(logits: Tensor<Shape>): Tensor {
    deviceOf('Rng.categorical', logits);
    requireFloat('Rng.categorical', logits);
    if (logits.rank === 0 || logits.shape.at(-1) === 0) {
      throw new ShapeError(`Rng.categorical: logits must be [..., classes], got ${show(logits.shape)}`);
    }
    return withTapes([], () =>
      syncScope(() => {
        const noise = this.gumbel(logits.shape, { dtype: logits.dtype, device: logits.device });
        return argmax(add(logits, noise), { axis: -1 });
      }),
    );
  }
}

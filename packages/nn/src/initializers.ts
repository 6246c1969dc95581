/** Start values of weights: how wide they must spread so that signals neither die out nor blow up with depth. */
import {
  abs,
  clip,
  createJsDevice,
  greater,
  isTensor,
  mul,
  OptionError,
  quote,
  type Rng,
  requireAbove,
  type Shape,
  sameShape,
  scope,
  show,
  type Tensor,
  tensor,
  where,
} from '@saccade/tensor';

/** Values that one output is summed from (`in`), and outputs that one input goes to (`out`). */
export interface Fan {
  readonly in: number;
  readonly out: number;
}

/** Makes a weight of a shape in PyTorch's layout, outputs first: [out, in], or [out, in, ...taps] for filters. */
export type Initializer = (shape: Shape, fan: Fan, rng: Rng) => Tensor;

/** Uniform in ±gain sqrt(3 / fan in), for layers before a ReLU with the default gain sqrt(2). He et al. 2015. @throws {OptionError} unless gain > 0 */
export function kaimingUniform(gain: number = Math.SQRT2): Initializer {
  requireAbove('kaimingUniform', 'gain', gain);
  return (shape, fan, rng) => symmetric(shape, gain * Math.sqrt(3 / fan.in), rng);
}

/** Normal with deviation gain / sqrt(fan in), default gain sqrt(2). He et al. 2015. @throws {OptionError} unless gain > 0 */
export function kaimingNormal(gain: number = Math.SQRT2): Initializer {
  requireAbove('kaimingNormal', 'gain', gain);
  return (shape, fan, rng) => rng.normal(shape, { deviation: gain / Math.sqrt(fan.in) });
}

/** Deviation of the standard normal distribution cut off at ±2. */
const CUT_DEVIATION = 0.8796256610342398;
/** So often numbers beyond the cut are drawn again; one of 5 million is then left. */
const REDRAWS = 4;

/**
 * Normal with deviation 1 / sqrt(fan in), cut off at two deviations of the normal that is cut: the default of Flax and, for
 * self-normalising networks, of Keras. LeCun et al. 1998, Klambauer et al. 2017.
 */
export function lecunNormal(): Initializer {
  return (shape, fan, rng) =>
    scope(() => {
      let z: Tensor = rng.normal(shape);
      for (let i = 0; i < REDRAWS; i++) z = where(greater(abs(z), 2), rng.normal(shape), z);
      return mul(clip(z, -2, 2), 1 / (Math.sqrt(fan.in) * CUT_DEVIATION));
    });
}

/** Uniform in ±gain sqrt(6 / (fan in + fan out)). Glorot and Bengio 2010. @throws {OptionError} unless gain > 0 */
export function xavierUniform(gain = 1): Initializer {
  requireAbove('xavierUniform', 'gain', gain);
  return (shape, fan, rng) => symmetric(shape, gain * Math.sqrt(6 / (fan.in + fan.out)), rng);
}

/** Normal with deviation gain sqrt(2 / (fan in + fan out)). Glorot and Bengio 2010. @throws {OptionError} unless gain > 0 */
export function xavierNormal(gain = 1): Initializer {
  requireAbove('xavierNormal', 'gain', gain);
  return (shape, fan, rng) => rng.normal(shape, { deviation: gain * Math.sqrt(2 / (fan.in + fan.out)) });
}

/** Normal with a given deviation, 0.02 by default, as in BERT and GPT. @throws {OptionError} unless it is above 0 */
export function normalInitializer(deviation = 0.02): Initializer {
  requireAbove('normalInitializer', 'deviation', deviation);
  return (shape, _fan, rng) => rng.normal(shape, { deviation });
}

/**
 * Rows (or columns, whichever are fewer) of a random orthogonal matrix, times gain; for weights that are applied again and
 * again. A shape of more axes counts as [first, rest]. Saxe et al. 2014. @throws {OptionError} unless gain > 0
 */
export function orthogonal(gain = 1): Initializer {
  requireAbove('orthogonal', 'gain', gain);
  return (shape, _fan, rng) => {
    const rows = shape[0] ?? 1;
    const columns = shape.slice(1).reduce((product, extent) => product * extent, 1);
    const [count, length] = [Math.min(rows, columns), Math.max(rows, columns)];
    const vectors = orthonormal(count, length, rng);
    const values = new Float32Array(rows * columns);
    vectors.forEach((vector, i) => {
      vector.forEach((value, j) => {
        values[rows <= columns ? i * length + j : j * count + i] = gain * value;
      });
    });
    return tensor(values, { shape });
  };
}

/** So many orthonormal vectors, uniform over all such sets: Gram-Schmidt on normal ones, twice against rounding. */
function orthonormal(count: number, length: number, rng: Rng): Float64Array[] {
  const normal = rng.normal([count, length], { dtype: 'float64', device: createJsDevice() });
  const drawn = normal.dataSync<'float64'>();
  normal.dispose();
  const vectors: Float64Array[] = [];
  for (let i = 0; i < count; i++) {
    const vector = drawn.slice(i * length, (i + 1) * length);
    for (const other of [...vectors, ...vectors]) {
      const overlap = dot(vector, other);
      for (let j = 0; j < length; j++) vector[j] = (vector[j] as number) - overlap * (other[j] as number);
    }
    const norm = Math.sqrt(dot(vector, vector));
    vectors.push(vector.map((value) => value / norm));
  }
  return vectors;
}

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] as number), 0);
}

/** A weight as an initializer makes it. @throws {OptionError} unless it makes a tensor of that shape */
export function initialWeight(op: string, initializer: Initializer, shape: Shape, fan: Fan, rng: Rng): Tensor {
  const weight: unknown = typeof initializer === 'function' ? initializer(shape, fan, rng) : initializer;
  if (isTensor(weight) && sameShape(weight.shape, shape)) return weight;
  const got = isTensor(weight) ? show(weight.shape) : quote(weight);
  throw new OptionError(`${op}: initializer must be a function that makes a tensor ${show(shape)}, got ${got}`);
}

/** Uniform in ±bound. */
export function symmetric(shape: Shape, bound: number, rng: Rng): Tensor {
  return rng.uniform(shape, { low: -bound, high: bound });
}

/** A convolution as its user gives it, and the one form that all here work on. */
import {
  checkOptions,
  createJsDevice,
  type Device,
  type DType,
  isTensor,
  OptionError,
  quote,
  requireCount,
  requireOneOf,
  ShapeError,
  show,
  type Tensor,
  tensor,
} from '@saccade/tensor';
import type { PaddingMode, Widths } from '../layers/border.js';
import { UnsupportedError } from '../unsupported-error.js';

/** Numbers in nested arrays, as `tensor` takes them, or a tensor on a device whose memory the CPU sees. */
export type Values = Tensor | Parameters<typeof tensor>[0];

/** A convolution of signals, images or volumes, as PyTorch, TensorFlow or Keras have it. */
export interface Convolution {
  /** By `layout`: [out, in / groups, ...taps] or [...taps, in / groups, out]. One to three axes of taps. */
  readonly weight: Values;
  /** [out]. Default: none. */
  readonly bias?: Values | undefined;
  /** One number or one an axis. Default 1. */
  readonly stride?: number | readonly number[] | undefined;
  /**
   * 'valid', 'same' (stride 1 only: the odd pixel goes behind), a number, one an axis, or [before, after] for each axis. TensorFlow's SAME
   * with a stride depends on the image: pass the widths. Default 0.
   */
  readonly padding?: 'valid' | 'same' | number | readonly number[] | Widths | undefined;
  /** Distance between taps. Default 1. */
  readonly dilation?: number | readonly number[] | undefined;
  /** Output group g sees input group g only. Default 1. */
  readonly groups?: number | undefined;
  /** What the padding holds. Default zeros. */
  readonly paddingMode?: PaddingMode | undefined;
  /** `torch`: [out, in / groups, ...taps], as ONNX too. `keras`: [...taps, in / groups, out], as TensorFlow and Flax. Default torch. */
  readonly layout?: 'torch' | 'keras' | undefined;
  /** Only false can be converted. */
  readonly transposed?: boolean | undefined;
}

const names = [
  'weight',
  'bias',
  'stride',
  'padding',
  'dilation',
  'groups',
  'paddingMode',
  'layout',
  'transposed',
] as const;

/** The same, checked and spelled out. */
export interface DenseConvolution {
  readonly inputs: number;
  readonly outputs: number;
  readonly groups: number;
  /** Taps along each axis. */
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  readonly padding: Widths;
  readonly paddingMode: PaddingMode;
  /** [taps in row-major order, inputs, outputs], zeros between groups. */
  readonly weight: Float64Array;
  readonly bias: Float64Array | undefined;
  readonly dtype: DType;
  readonly device: Device | undefined;
}

/**
 * @throws {OptionError} for strides, padding, dilations or groups that cannot be @throws {ShapeError} for weights and biases that do
 * not fit, with both shapes @throws {UnsupportedError} for a transposed convolution or an unknown padding mode
 */
export function readConvolution(op: string, conv: Convolution): DenseConvolution {
  checkOptions(op, conv, names);
  const { transposed = false, paddingMode = 'zeros', groups = 1, layout = 'torch' } = conv;
  if (transposed) throw new UnsupportedError(`${op}: a transposed convolution cannot be converted`);
  if (!['zeros', 'reflect', 'replicate', 'circular'].includes(paddingMode)) {
    throw new UnsupportedError(
      `${op}: paddingMode must be zeros, reflect, replicate or circular, got ${quote(paddingMode)}`,
    );
  }
  requireOneOf(op, 'layout', layout, ['torch', 'keras']);
  const weight = valuesOf(op, 'weight', conv.weight);
  const dims = weight.shape.length - 2;
  const form = layout === 'torch' ? '[out, in / groups, ...taps]' : '[...taps, in / groups, out]';
  if (dims < 1 || dims > 3 || weight.shape.includes(0)) {
    throw new ShapeError(`${op}: weight must be ${form} with one to three axes of taps, got ${show(weight.shape)}`);
  }
  const sizes = sizesOf(op, weight.shape, layout, groups);
  const bias = conv.bias === undefined ? undefined : valuesOf(op, 'bias', conv.bias);
  if (bias !== undefined && (bias.shape.length !== 1 || bias.shape[0] !== sizes.outputs)) {
    throw new ShapeError(
      `${op}: weight ${show(weight.shape)} needs a bias [${sizes.outputs}], got ${show(bias.shape)}`,
    );
  }
  const stride = perAxis(op, 'stride', conv.stride ?? 1, dims);
  const dilation = perAxis(op, 'dilation', conv.dilation ?? 1, dims);
  return {
    ...sizes,
    groups,
    stride,
    dilation,
    padding: widths(op, conv.padding ?? 0, sizes.kernel, stride, dilation),
    paddingMode,
    weight: dense(weight.data, sizes, groups, layout),
    bias: bias?.data,
    dtype: weight.dtype,
    device: weight.device,
  };
}

interface Read {
  readonly shape: readonly number[];
  readonly data: Float64Array;
  readonly dtype: DType;
  readonly device: Device | undefined;
}

/** Reads values to the host. @throws {OptionError} for NaN and infinities @throws {UnsupportedError} for what are no real numbers */
function valuesOf(op: string, name: string, values: Values): Read {
  const given = isTensor(values);
  // Arrays are read without the way to a device and back, which a GPU has not.
  const t = given ? (values as Tensor) : tensor(values as Parameters<typeof tensor>[0], { device: createJsDevice() });
  try {
    if (t.dtype !== 'float32' && t.dtype !== 'float64' && given) {
      throw new UnsupportedError(`${op}: ${name} must be float32 or float64, got ${t.dtype}`);
    }
    const data = Float64Array.from(t.dataSync() as ArrayLike<number>);
    const bad = data.findIndex((v) => !Number.isFinite(v));
    if (bad >= 0) throw new OptionError(`${op}: ${name} must be finite, got ${data[bad]} at place ${bad}`);
    const dtype = t.dtype === 'float64' ? 'float64' : 'float32';
    return { shape: [...t.shape], data, dtype, device: given ? t.device : undefined };
  } finally {
    if (!given) t.dispose();
  }
}

type Sizes = Pick<DenseConvolution, 'inputs' | 'outputs' | 'kernel'>;

/** @throws {OptionError} for groups that do not divide @throws {ShapeError} */
function sizesOf(op: string, shape: readonly number[], layout: 'torch' | 'keras', groups: number): Sizes {
  const [outputs, perGroup] = (layout === 'torch' ? shape.slice(0, 2) : [shape.at(-1), shape.at(-2)]) as [
    number,
    number,
  ];
  requireCount(op, 'groups', groups);
  if (outputs % groups !== 0) {
    throw new OptionError(
      `${op}: groups must divide the ${outputs} outputs of weight ${show(shape)} of ${perGroup * groups} inputs, got ${groups}`,
    );
  }
  return { inputs: perGroup * groups, outputs, kernel: layout === 'torch' ? shape.slice(2) : shape.slice(0, -2) };
}

/** [taps, inputs, outputs] of either layout. */
function dense(data: Float64Array, sizes: Sizes, groups: number, layout: 'torch' | 'keras'): Float64Array {
  const { inputs, outputs, kernel } = sizes;
  const taps = kernel.reduce((a, b) => a * b, 1);
  const [perGroup, own] = [inputs / groups, outputs / groups];
  const all = new Float64Array(taps * inputs * outputs);
  for (let tap = 0; tap < taps; tap++) {
    for (let out = 0; out < outputs; out++) {
      const first = Math.floor(out / own) * perGroup;
      for (let i = 0; i < perGroup; i++) {
        const from = layout === 'torch' ? (out * perGroup + i) * taps + tap : (tap * perGroup + i) * outputs + out;
        all[(tap * inputs + first + i) * outputs + out] = data[from] as number;
      }
    }
  }
  return all;
}

/** One whole number from 1 an axis. @throws {OptionError} */
function perAxis(op: string, name: string, value: number | readonly number[], dims: number): number[] {
  const list = typeof value === 'number' ? new Array<number>(dims).fill(value) : [value].flat();
  if (list.length === dims && list.every((v) => Number.isSafeInteger(v) && v >= 1)) return list as number[];
  throw new OptionError(
    `${op}: ${name} must be a whole number from 1${dims > 1 ? ` or ${dims} of them` : ''}, got ${quote(value)}`,
  );
}

/** [before, after] of each axis. @throws {OptionError} */
function widths(
  op: string,
  padding: NonNullable<Convolution['padding']>,
  kernel: readonly number[],
  stride: readonly number[],
  dilation: readonly number[],
): Widths {
  if (padding === 'same') {
    if (stride.some((step) => step > 1)) {
      throw new OptionError(
        `${op}: padding 'same' with a stride depends on the image: pass [before, after] for each axis`,
      );
    }
    return kernel.map((extent, i) => {
      const all = (extent - 1) * (dilation[i] as number);
      return [Math.floor(all / 2), Math.ceil(all / 2)];
    });
  }
  const given = padding === 'valid' ? 0 : padding;
  const list = typeof given === 'number' ? kernel.map(() => given) : [...given];
  const pairs = list.map((one) => (typeof one === 'number' ? [one, one] : one));
  const good = (pair: unknown): boolean =>
    Array.isArray(pair) && pair.length === 2 && pair.every((v) => Number.isSafeInteger(v) && v >= 0);
  if (pairs.length === kernel.length && pairs.every(good)) return pairs as unknown as Widths;
  throw new OptionError(
    `${op}: padding must be whole numbers from 0, one or a pair for each of ${kernel.length} axes, got ${quote(padding)}`,
  );
}

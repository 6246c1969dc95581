/** Makes tensors from values, ranges and constants. */
import {
  currentDevice,
  type Device,
  type DType,
  DTypeError,
  isFloat,
  newArray,
  OptionError,
  ShapeError,
  type TypedArray,
} from '@saccade/kernels';
import { checkOptions } from './arguments.js';
import { bufferOf, deviceOf, empty, orFree } from './engine.js';
import { type Nested, readNested, type Values } from './nested.js';
import { requireHolds, requireSupport } from './require-type.js';
import { checkShape, type Shape, show, sizeOf } from './shape.js';
import { isTensor, type Tensor } from './tensor.js';

/** Element type and place of a new tensor. */
export interface CreateOptions {
  /** Default float32; `tensor` goes by its values. */
  readonly dtype?: DType | undefined;
  /** Default: the current device. */
  readonly device?: Device | undefined;
}

const names = ['dtype', 'device'] as const;

function onDevice<S extends Shape>(op: string, shape: S, dtype: DType, device: Device | undefined): Tensor<S> {
  checkShape(op, shape);
  const place = device ?? currentDevice();
  requireSupport(op, place, dtype);
  return empty(place, dtype, shape);
}

function write<S extends Shape>(t: Tensor<S>, values: TypedArray): Tensor<S> {
  t.device.write(bufferOf('tensor', t), values);
  return t;
}

function readArray(values: TypedArray): Values {
  const dtype = values instanceof Int32Array ? 'int32' : values instanceof Uint8Array ? 'uint8' : 'float32';
  return { values, shape: [values.length], dtype };
}

/** Whether a view of memory is an array of numbers: no DataView, no array of big integers. */
function isNumeric(values: TypedArray): boolean {
  return values.length !== undefined && (values.length === 0 || typeof values[0] === 'number');
}

/** Values in the array of an element type; whole-number types refuse what they cannot hold. */
function convert(op: string, values: TypedArray, dtype: DType): TypedArray {
  if (isFloat(dtype)) {
    const fits = dtype === 'float32' ? values instanceof Float32Array : values instanceof Float64Array;
    return fits ? values : newArray(dtype, values.length).map((_, i) => values[i] as number);
  }
  const out = newArray(dtype, values.length);
  for (let i = 0; i < values.length; i++) {
    out[i] = values[i] as number;
    if (out[i] !== values[i] || (dtype === 'bool' && (out[i] as number) > 1)) {
      throw new DTypeError(`${op}: ${values[i]} at position ${i} is no ${dtype}`);
    }
  }
  return out;
}

/**
 * A tensor of given values: a number, nested arrays, or a typed array with a shape.
 * The element type defaults to float32, int32 and uint8 for arrays of that kind, bool for booleans.
 * @throws {ShapeError} for ragged arrays or a shape that the values do not fill
 * @throws {DTypeError} for values that the element type cannot hold, or a type that the device lacks
 */
export function tensor<const S extends Shape = Shape>(
  values: Nested | TypedArray,
  options: CreateOptions & { readonly shape?: S | undefined } = {},
): Tensor<S> {
  const { shape, dtype, device } = checkOptions('tensor', options, ['shape', 'dtype', 'device']);
  if (isTensor(values)) throw new DTypeError('tensor: got a tensor; use reshape or cast');
  if (ArrayBuffer.isView(values) && !isNumeric(values)) {
    throw new DTypeError(`tensor: cannot take the values of a ${(values as object).constructor.name}`);
  }
  const given = ArrayBuffer.isView(values) ? readArray(values) : readNested('tensor', values);
  const full = (shape ?? given.shape) as S;
  checkShape('tensor', full);
  if (sizeOf(full) !== given.values.length) {
    throw new ShapeError(`tensor: ${given.values.length} values do not fill ${show(full)}`);
  }
  const type = dtype ?? given.dtype;
  const place = device ?? currentDevice();
  requireSupport('tensor', place, type);
  const array = convert('tensor', given.values, type);
  return write(onDevice('tensor', full, type, place), array);
}

/** A tensor full of `value`. Default type float32. @throws {ShapeError} for extents that are no whole numbers from 0 @throws {DTypeError} for a value that the type cannot hold @throws {OutOfMemoryError} */
export function full<const S extends Shape>(shape: S, value: number, options: CreateOptions = {}): Tensor<S> {
  return filled('full', shape, value, options);
}

function filled<S extends Shape>(op: string, shape: S, value: number, options: CreateOptions): Tensor<S> {
  const { dtype = 'float32', device } = checkOptions(op, options, names);
  requireHolds(op, dtype, value);
  const t = onDevice(op, shape, dtype, device);
  t.device.kernels.fill(bufferOf(op, t), value);
  return t;
}

/** A tensor of zeros. Default type float32. @throws as `full` */
export function zeros<const S extends Shape>(shape: S, options: CreateOptions = {}): Tensor<S> {
  return filled('zeros', shape, 0, options);
}

/** A tensor of ones. Default type float32. @throws as `full` */
export function ones<const S extends Shape>(shape: S, options: CreateOptions = {}): Tensor<S> {
  return filled('ones', shape, 1, options);
}

/** Zeros of the shape, type and device of `t`. @throws {DisposedError} @throws {DTypeError} for what is no tensor @throws {OutOfMemoryError} */
export function zerosLike<S extends Shape>(t: Tensor<S>): Tensor<S> {
  const device = deviceOf('zerosLike', t);
  return filled('zerosLike', t.shape, 0, { dtype: t.dtype, device });
}

/** Ones of the shape, type and device of `t`. @throws as `zerosLike` */
export function onesLike<S extends Shape>(t: Tensor<S>): Tensor<S> {
  const device = deviceOf('onesLike', t);
  return filled('onesLike', t.shape, 1, { dtype: t.dtype, device });
}

/** `count` values by their position. The memory is taken first: the device says what is too much. */
function counted(
  op: string,
  count: number,
  at: (i: number) => number,
  dtype: DType,
  device: Device | undefined,
): Tensor<readonly [number]> {
  const t = onDevice(op, [count] as const, dtype, device);
  return orFree(t, () =>
    write(
      t,
      convert(
        op,
        Float64Array.from({ length: count }, (_, i) => at(i)),
        dtype,
      ),
    ),
  );
}

/** start, start + step, ... below `stop` (above it for a negative step). Default type float32. @throws {OptionError} for step 0 or NaN @throws {DTypeError} for values that are no `dtype` */
export function range(start: number, stop: number, step = 1, options: CreateOptions = {}): Tensor<readonly [number]> {
  const { dtype = 'float32', device } = checkOptions('range', options, names);
  const length = Math.max(0, Math.ceil((stop - start) / step));
  if (!Number.isSafeInteger(length)) {
    throw new OptionError(`range: cannot count from ${start} to ${stop} by ${step}`);
  }
  return counted('range', length, (i) => start + i * step, dtype, device);
}

/** `count` numbers from `start` to `stop`, both included, evenly spaced. @throws {OptionError} for a count below 1 or an end that is not finite */
export function linspace(
  start: number,
  stop: number,
  count: number,
  options: CreateOptions = {},
): Tensor<readonly [number]> {
  if (!Number.isSafeInteger(count) || count < 1) {
    throw new OptionError(`linspace: count must be a whole number from 1, got ${count}`);
  }
  if (!Number.isFinite(start) || !Number.isFinite(stop)) {
    throw new OptionError(`linspace: start and stop must be finite numbers, got ${start} and ${stop}`);
  }
  const { dtype = 'float32', device } = checkOptions('linspace', options, names);
  const step = count === 1 ? 0 : (stop - start) / (count - 1);
  const at = (i: number): number => (i > 0 && i === count - 1 ? stop : start + i * step);
  return counted('linspace', count, at, dtype, device);
}

/** The identity matrix [size, size]. Default type float32. @throws {ShapeError} unless size is a whole number from 0 @throws {OutOfMemoryError} */
export function eye(size: number, options: CreateOptions = {}): Tensor<readonly [number, number]> {
  const { dtype = 'float32', device } = checkOptions('eye', options, names);
  checkShape('eye', [size]);
  const t = onDevice('eye', [size, size] as const, dtype, device);
  return orFree(t, () => {
    const values = newArray(dtype, size * size);
    for (let i = 0; i < size; i++) values[i * size + i] = 1;
    return write(t, values);
  });
}

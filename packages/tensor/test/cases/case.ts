/** What a case of an operation is: inputs that can be made on any device, and the call. */
import type { Device, DType } from '@saccade/kernels';
import { concat, flatten, type Tensor, tensor } from '../../src/index.js';

/** An input by its values; `float` becomes float64 or float32, as the test wants. */
export interface Input {
  readonly dtype: 'float' | 'int32' | 'bool' | 'uint8';
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

/** One call of one operation. */
export interface Case {
  /** The exported name. */
  readonly op: string;
  /** What is special about it. */
  readonly name: string;
  readonly inputs: readonly Input[];
  readonly call: (...inputs: Tensor[]) => Tensor | readonly Tensor[];
  /** True where the call has more than the one operation. */
  readonly composed?: boolean;
  /** False where the operation has no gradient, or the point is one where central differences see none. Default true. */
  readonly smooth?: boolean;
  /** False where the second derivative is not what central differences of the first find. Default true. */
  readonly twice?: boolean;
}

let stream = 0;

/** Uneven numbers in (low, high), each call others. */
export function floats(shape: readonly number[], low = -2, high = 2): Input {
  stream += 1;
  const size = shape.reduce((product, extent) => product * extent, 1);
  const values = Array.from({ length: size }, (_, i) => {
    const unit = ((i + 1) * 0.6180339887 + stream * 0.3247179572) % 1;
    return low + unit * (high - low);
  });
  return { dtype: 'float', shape, values };
}

/** Given floats. */
export function given(values: readonly number[], shape: readonly number[] = [values.length]): Input {
  return { dtype: 'float', shape, values };
}

/** Whole numbers. */
export function ints(values: readonly number[], shape: readonly number[] = [values.length]): Input {
  return { dtype: 'int32', shape, values };
}

/** Truth values from 0 and 1. */
export function bools(values: readonly number[], shape: readonly number[] = [values.length]): Input {
  return { dtype: 'bool', shape, values };
}

/** The inputs of a case on a device. */
export function make(inputs: readonly Input[], device: Device): Tensor[] {
  const float: DType = device.name === 'js' ? 'float64' : 'float32';
  return inputs.map(({ dtype, shape, values }) =>
    tensor(Float64Array.from(values), { shape, dtype: dtype === 'float' ? float : dtype, device }),
  );
}

/** The float results of a call as one vector, so that one gradient checks them all. */
export function joined(result: Tensor | readonly Tensor[]): Tensor {
  const parts = (Array.isArray(result) ? result : [result]) as readonly Tensor[];
  const vectors = parts.filter((t) => t.dtype.startsWith('float')).map((t) => flatten(t));
  return vectors.length === 1 ? (vectors[0] as Tensor) : concat(vectors);
}

/** A case in one line. */
export function one(
  op: string,
  name: string,
  inputs: readonly Input[],
  call: Case['call'],
  more: Pick<Case, 'composed' | 'smooth' | 'twice'> = {},
): Case {
  return { op, name, inputs, call, ...more };
}

/** A case of an operation that has no gradient. */
export function discrete(op: string, name: string, inputs: readonly Input[], call: Case['call']): Case {
  return one(op, name, inputs, call, { smooth: false });
}

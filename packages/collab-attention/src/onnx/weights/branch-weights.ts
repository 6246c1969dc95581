/** The weights of queries or keys as a matrix, and pieces of weights of their projections. */
import { type Matrix, matrix, type StoredArray, toBfloat16, toFloat16 } from '@saccade/tensor';
import type { BiasTerm, Branch } from '../match/branch.js';
import type { Remainder } from '../match/onlookers.js';
import type { Projection } from '../match/projection.js';
import { type OnnxTensor, storedTypeOf } from '../model/tensor.js';
import type { TensorValues } from './tensor-values.js';

/** [heads dims, width], times all that multiplies the branch before the product. */
export function branchWeight({ projection, columns, last }: Branch, values: TensorValues): Matrix {
  return chosenColumns(projection, columns, last.scale, values);
}

/** [heads dims]; undefined where there is none, or nothing but zeros. */
export function branchBias({ last, columns }: Branch, values: TensorValues): Float64Array | undefined {
  return chosenBias(last.bias, columns, values);
}

/** Bytes of the part of the weight that is the branch's, and of its biases. */
export function branchBytes({ projection, columns, last }: Branch): number {
  const part = ({ bytes = 0, elements }: OnnxTensor, count: number): number => (bytes / elements) * count;
  const biases = last.bias.map(({ tensor }) => part(tensor, Math.min(columns.length, tensor.elements)));
  return part(projection.weight, columns.length * projection.inputs) + biases.reduce((a, b) => a + b, 0);
}

/** The columns of a weight as rows. */
function chosenColumns(
  projection: Projection,
  columns: readonly number[],
  scale: number,
  values: TensorValues,
): Matrix {
  const { weight, transposed, inputs, columns: all, factor } = projection;
  const data = values.floats(weight);
  const out = matrix(columns.length, inputs);
  for (const [row, column] of columns.entries()) {
    for (let i = 0; i < inputs; i++) {
      out.data[row * inputs + i] = scale * factor * data[transposed ? column * inputs + i : i * all + column]!;
    }
  }
  return out;
}

function chosenBias(
  terms: readonly BiasTerm[],
  columns: readonly number[],
  values: TensorValues,
): Float64Array | undefined {
  const sum = new Float64Array(columns.length);
  for (const { tensor, offset, factor } of terms) {
    const data = values.floats(tensor);
    for (const [i, column] of columns.entries()) sum[i]! += factor * data[data.length === 1 ? 0 : column - offset]!;
  }
  return sum.some((value) => value !== 0) ? sum : undefined;
}

/** What a remainder is computed with, in the element type of the weight. */
export function remainderWeights(
  { projection, bias, columns }: Remainder,
  values: TensorValues,
): { readonly weight: StoredArray; readonly bias: StoredArray | undefined } {
  const weight = chosenColumns(projection, columns, 1, values);
  const added = chosenBias(bias, columns, values);
  const { type } = projection.weight;
  return {
    weight: stored(type, turned(weight), [weight.columns, weight.rows]),
    bias: added && stored(type, added, [added.length]),
  };
}

function turned({ rows, columns, data }: Matrix): Float64Array {
  return data.map((_, i) => data[(i % rows) * columns + Math.floor(i / rows)]!);
}

function stored(type: number, values: Float64Array, shape: readonly number[]): StoredArray {
  const dtype = storedTypeOf(type) as 'F32';
  const forms = {
    F64: () => values,
    F32: () => Float32Array.from(values),
    F16: () => toFloat16(values),
    BF16: () => toBfloat16(values),
  };
  return { dtype, shape, data: forms[dtype]() };
}

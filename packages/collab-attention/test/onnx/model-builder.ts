/** ONNX files made by hand, with the messages written here: what reads them is what is tested. */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

/** Element types. */
export const FLOAT = 1;
export const INT64 = 7;
export const FLOAT16 = 10;

/** Whole numbers, and lists of them; a float by `{ float }`, a tensor by its message, a graph by `{ graph }`. */
export type AttributeValue =
  | number
  | readonly number[]
  | { readonly float: number }
  | { readonly graph: Uint8Array }
  | Uint8Array;

/** A message of fields, in order. */
export function message(
  ...fields: readonly (readonly [no: number, value: number | string | Uint8Array])[]
): Uint8Array {
  const writer = new BinaryWriter();
  for (const [no, value] of fields) {
    if (typeof value === 'number') writer.tag(no, WireType.Varint).int64(value);
    else if (typeof value === 'string') writer.tag(no, WireType.LengthDelimited).string(value);
    else writer.tag(no, WireType.LengthDelimited).bytes(value);
  }
  return writer.finish();
}

/** A tensor with its numbers as raw bytes. */
export function rawTensor(name: string, dims: readonly number[], type: number, raw: Uint8Array): Uint8Array {
  return message(...dims.map((extent) => [1, extent] as const), [2, type], [8, name], [9, raw]);
}

export function bytesOf(array: ArrayBufferView): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

export function floatTensor(name: string, dims: readonly number[], values: ArrayLike<number>): Uint8Array {
  return rawTensor(name, dims, FLOAT, bytesOf(Float32Array.from(values)));
}

function integerTensor(name: string, dims: readonly number[], values: readonly number[]): Uint8Array {
  return rawTensor(name, dims, INT64, bytesOf(BigInt64Array.from(values, BigInt)));
}

/** The message of a node. */
export function nodeMessage(
  op: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: Readonly<Record<string, AttributeValue>> = {},
  domain = '',
  name = outputs[0] as string,
): Uint8Array {
  return message(
    ...inputs.map((input) => [1, input] as const),
    ...outputs.map((output) => [2, output] as const),
    [3, name],
    [4, op],
    ...Object.entries(attributes).map(([key, value]) => [5, attribute(key, value)] as const),
    [7, domain],
  );
}

function attribute(name: string, value: AttributeValue): Uint8Array {
  if (typeof value === 'number') return message([1, name], [3, value], [20, 2]);
  if (value instanceof Uint8Array) return message([1, name], [5, value], [20, 4]);
  if ('graph' in value) return message([1, name], [6, value.graph], [20, 5]);
  if ('float' in value) {
    const float = new BinaryWriter().tag(2, WireType.Bit32).float(value.float).finish();
    return Uint8Array.of(...message([1, name], [20, 1]), ...float);
  }
  return message([1, name], ...value.map((one) => [8, one] as const), [20, 7]);
}

/** A value of a graph: extents that are texts are open. */
function valueInfo(name: string, type: number, dims: readonly (number | string)[]): Uint8Array {
  const shape = dims.map((extent) => [1, message([typeof extent === 'number' ? 1 : 2, extent])] as const);
  return message([1, name], [2, message([1, message([1, type], [2, message(...shape)])])]);
}

/** Collects a graph. */
export class ModelBuilder {
  readonly #fields: [number, Uint8Array][] = [];
  readonly #opset: number;
  #count = 0;

  constructor(opset: number = 14) {
    this.#opset = opset;
  }

  input(name: string, type: number, dims: readonly (number | string)[]): string {
    this.#fields.push([11, valueInfo(name, type, dims)]);
    return name;
  }

  output(name: string, type: number = FLOAT, dims: readonly (number | string)[] = ['a', 'b', 'c']): void {
    this.#fields.push([12, valueInfo(name, type, dims)]);
  }

  /** A weight. @returns its name */
  tensor(name: string, tensor: Uint8Array): string {
    this.#fields.push([5, tensor]);
    return name;
  }

  weight(name: string, dims: readonly number[], values: ArrayLike<number>): string {
    return this.tensor(name, floatTensor(name, dims, values));
  }

  /** A vector of whole numbers, or a scalar. */
  integers(values: readonly number[], dims: readonly number[] = [values.length]): string {
    const name = `integers_${this.#count++}`;
    return this.tensor(name, integerTensor(name, dims, values));
  }

  float(value: number, dims: readonly number[] = []): string {
    const name = `float_${this.#count++}`;
    return this.tensor(name, floatTensor(name, dims, [value]));
  }

  /** A node. @returns the name of its first result */
  node(
    op: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, AttributeValue>> = {},
    outputs: number | readonly string[] = 1,
    domain = '',
  ): string {
    // biome-ignore format: a signature
    const id = this.#count++;
    const names = typeof outputs === 'number' ? Array.from({ length: outputs }, (_, i) => `${op}_${id}_${i}`) : outputs;
    this.#fields.push([1, nodeMessage(op, inputs, names, attributes, domain)]);
    return names[0] as string;
  }

  graph(): Uint8Array {
    return message([2, 'graph'], ...this.#fields);
  }

  /** The file. @param more further fields of the model */
  bytes(more: readonly (readonly [number, number | string | Uint8Array])[] = []): Uint8Array {
    const opset = message([1, ''], [2, this.#opset]);
    const other = message([1, 'com.microsoft'], [2, 1]);
    return message([1, 7], [2, 'test'], [7, this.graph()], [8, opset], [8, other], ...more);
  }
}

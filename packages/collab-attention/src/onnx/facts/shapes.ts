/** Shapes of values that follow from the shapes of inputs and weights. */
import type { OnnxNode } from '../model/node.js';
import { type KnownInputs, numbersIn, sliceOf } from './known.js';
import { isSameSize, numberOf, productOf, type Size, sizeOf, unknownSize } from './size.js';

type Dims = readonly Size[];

/** The extents of a result, by its place among the results; undefined where the rank is unknown. */
export function resultShape(node: OnnxNode, place: number, inputs: KnownInputs): Dims | undefined {
  const name = node.outputs[place] as string;
  if (place > 0 && node.op !== 'Split') return undefined;
  if (sameAsFirst.has(node.op)) return inputs.shape(0);
  if (elementwise.has(node.op))
    return broadcastShape(
      node.inputs.map((_, i) => inputs.shape(i)),
      name,
    );
  return Object.hasOwn(rules, node.op) ? rules[node.op]?.(node, inputs, name, place) : undefined;
}

// biome-ignore format: a list
const sameAsFirst = new Set(['Identity', 'Cast', 'Dropout', 'Relu', 'Erf', 'Sqrt', 'Tanh', 'Sigmoid', 'Exp', 'Log', 'Neg', 'Abs', 'Not', 'Reciprocal', 'Floor', 'Ceil', 'Round',
  'Sign', 'Sin', 'Cos', 'Softplus', 'LeakyRelu', 'Elu', 'Selu', 'HardSigmoid', 'HardSwish', 'Gelu', 'Clip', 'IsNaN', 'Softmax', 'LogSoftmax', 'LayerNormalization',
  'SimplifiedLayerNormalization', 'RMSNormalization', 'InstanceNormalization', 'BatchNormalization', 'GroupNormalization', 'CumSum', 'Trilu', 'com.microsoft.Gelu', 'com.microsoft.FastGelu',
  'com.microsoft.QuickGelu', 'com.microsoft.BiasGelu', 'com.microsoft.SkipLayerNormalization', 'com.microsoft.SkipSimplifiedLayerNormalization']);

// biome-ignore format: a list
const elementwise = new Set(['Add', 'Sub', 'Mul', 'Div', 'Pow', 'Mod', 'Where', 'Equal', 'Greater', 'Less', 'GreaterOrEqual', 'LessOrEqual', 'And', 'Or', 'Xor', 'Max', 'Min', 'PRelu']);

/** Extents of values that are broadcast to one another. */
function broadcastShape(shapes: readonly (Dims | undefined)[], name: string): Dims | undefined {
  if (!shapes.every((shape) => shape !== undefined)) return undefined;
  const rank = Math.max(...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    const extents = shapes.flatMap((shape) => shape[axis - rank + shape.length] ?? []);
    const others = extents.filter((extent) => numberOf(extent) !== 1);
    // One that is a number above 1 is what all the others are, or are 1 and become.
    const number = others.find((extent) => numberOf(extent) !== undefined);
    if (number !== undefined || others.length === 0) return number ?? sizeOf(1);
    const [first] = others as [Size];
    return others.every((extent) => isSameSize(extent, first)) ? first : unknownSize(name, axis);
  });
}

function axisOf(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}

/** The shape with some axes taken out. */
function without(dims: Dims, axes: readonly number[]): Dims {
  const gone = new Set(axes.map((axis) => axisOf(axis, dims.length)));
  return dims.filter((_, axis) => !gone.has(axis));
}

type Rule = (node: OnnxNode, inputs: KnownInputs, name: string, place: number) => Dims | undefined;

function reduced({ attributes }: OnnxNode, { shape, value }: KnownInputs): Dims | undefined {
  const dims = shape(0);
  const axes = attributes.integers('axes') ?? numbersIn(value(1));
  if (dims === undefined || axes === undefined) return undefined;
  if (attributes.integer('keepdims', 1) === 0) return without(dims, axes);
  const gone = new Set(axes.map((axis) => axisOf(axis, dims.length)));
  return dims.map((extent, axis) => (gone.has(axis) ? sizeOf(1) : extent));
}

const rules: Readonly<Record<string, Rule>> = {
  ReduceMean: reduced,
  ReduceSum: reduced,
  ReduceMax: reduced,
  ReduceL2: reduced,
  MatMul(_, { shape }, name) {
    const [a, b] = [shape(0), shape(1)];
    if (a === undefined || b === undefined || a.length < 2 || b.length < 2) return undefined;
    const lead = broadcastShape([a.slice(0, -2), b.slice(0, -2)], name);
    return lead && [...lead, a.at(-2) as Size, b.at(-1) as Size];
  },
  Gemm({ attributes }, { shape }) {
    const [a, b] = [shape(0), shape(1)];
    if (a?.length !== 2 || b?.length !== 2) return undefined;
    return [a[attributes.integer('transA', 0)] as Size, b[1 - attributes.integer('transB', 0)] as Size];
  },
  Transpose({ attributes }, { shape }) {
    const dims = shape(0);
    const perm = attributes.integers('perm') ?? dims?.map((_, axis) => dims.length - 1 - axis);
    if (dims === undefined || perm?.length !== dims.length) return undefined;
    const turned = perm.map((axis) => dims[axis]);
    return turned.every((extent) => extent !== undefined) ? turned : undefined;
  },
  Reshape(node, { shape, value }, name) {
    return reshaped(node, shape(0), value(1)?.elements, name);
  },
  Expand(_, { shape, value }, name) {
    const wanted = value(1)?.elements.map((extent, axis) => extent ?? unknownSize(name, axis));
    return broadcastShape([shape(0), wanted], name);
  },
  ConstantOfShape(_, { value }, name) {
    return value(0)?.elements.map((extent, axis) => extent ?? unknownSize(name, axis));
  },
  Gather({ attributes }, { shape }) {
    const [dims, at] = [shape(0), shape(1)];
    if (dims === undefined || at === undefined) return undefined;
    const axis = axisOf(attributes.integer('axis', 0), dims.length);
    return [...dims.slice(0, axis), ...at, ...dims.slice(axis + 1)];
  },
  Unsqueeze({ attributes }, { shape, value }) {
    const [dims, axes] = [shape(0), attributes.integers('axes') ?? numbersIn(value(1))];
    if (dims === undefined || axes === undefined) return undefined;
    const rank = dims.length + axes.length;
    const fresh = new Set(axes.map((axis) => axisOf(axis, rank)));
    const rest = [...dims];
    return Array.from({ length: rank }, (_, axis) => (fresh.has(axis) ? sizeOf(1) : (rest.shift() ?? sizeOf(1))));
  },
  Squeeze({ attributes }, { shape, value }) {
    const [dims, axes] = [shape(0), attributes.integers('axes') ?? numbersIn(value(1))];
    return dims && axes && without(dims, axes);
  },
  Concat({ inputs, attributes }, { shape }, name) {
    const shapes = inputs.map((_, i) => shape(i));
    const [first] = shapes;
    if (first === undefined || !shapes.every((dims) => dims?.length === first.length)) return undefined;
    const axis = axisOf(attributes.integer('axis', 0), first.length);
    const parts = shapes.map((dims) => numberOf(dims?.[axis]));
    const sum = parts.reduce<number | undefined>(
      (all, part) => (all === undefined || part === undefined ? undefined : all + part),
      0,
    );
    return first.map((extent, i) => (i !== axis ? extent : sum === undefined ? unknownSize(name, i) : sizeOf(sum)));
  },
  Split(node, { shape, value }, name, place) {
    const dims = shape(0);
    if (dims === undefined) return undefined;
    const axis = axisOf(node.attributes.integer('axis', 0), dims.length);
    const parts = node.attributes.integers('split') ?? numbersIn(value(1));
    const whole = numberOf(dims[axis]);
    const equal = whole === undefined ? undefined : Math.ceil(whole / node.outputs.length);
    const part = parts === undefined ? equal : parts[place];
    return dims.map((extent, i) => (i !== axis ? extent : part === undefined ? unknownSize(name, i) : sizeOf(part)));
  },
  Slice({ attributes }, inputs, name) {
    const [dims, range] = [inputs.shape(0), sliceOf(attributes, inputs)];
    if (dims === undefined || range === undefined) return undefined;
    const axis = axisOf(range.axis, dims.length);
    const whole = numberOf(dims[axis]);
    const part = whole === undefined ? unknownSize(name, axis) : sizeOf(pieceLength(whole, range.from, range.to));
    return dims.map((extent, i) => (i === axis ? part : extent));
  },
  Conv(_, { shape }, name) {
    const [dims, weight] = [shape(0), shape(1)];
    if (dims === undefined || weight === undefined) return undefined;
    return dims.map((extent, axis) =>
      axis === 0 ? extent : axis === 1 ? (weight[0] as Size) : unknownSize(name, axis),
    );
  },
};

function pieceLength(whole: number, from: number, to: number): number {
  const at = (index: number): number => Math.min(Math.max(index < 0 ? index + whole : index, 0), whole);
  return Math.max(0, at(to) - at(from));
}

/** The extents that a Reshape gives: 0 stands for that of the input, -1 for what is left. */
function reshaped(
  { attributes }: OnnxNode,
  dims: Dims | undefined,
  wanted: readonly (Size | undefined)[] | undefined,
  name: string,
): Dims | undefined {
  const keepsZero = attributes.integer('allowzero', 0) === 1;
  const known = wanted?.map((extent, axis) => (numberOf(extent) === 0 && !keepsZero ? dims?.[axis] : extent));
  if (known === undefined) return undefined;
  const open = known.findIndex((extent) => numberOf(extent) === -1);
  const rest = known.filter((_, axis) => axis !== open);
  const left = open >= 0 && dims !== undefined ? quotient(productOf(dims), productOf(rest)) : undefined;
  return known.map((extent, axis) => (axis === open ? left : extent) ?? unknownSize(name, axis));
}

/** a / b, if all that b is made of is in a. */
function quotient(a: Size | undefined, b: Size | undefined): Size | undefined {
  if (a === undefined || b === undefined) return undefined;
  const symbols = [...a.symbols];
  for (const symbol of b.symbols) {
    const at = symbols.indexOf(symbol);
    if (at < 0) return undefined;
    symbols.splice(at, 1);
  }
  const factor = a.factor / b.factor;
  return Number.isInteger(factor) ? { factor, symbols } : undefined;
}

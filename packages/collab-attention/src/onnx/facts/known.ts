/** Small values of a graph that follow from its constants and shapes: what shapes, axes and scales are computed from. */
import type { OnnxNode } from '../model/node.js';
import { BOOL, INT32, INT64, storedTypeOf } from '../model/tensor.js';
import { numbersOf } from '../model/tensor-values.js';
import { numberOf, productOf, type Size, sizeOf } from './size.js';

/** A scalar or vector, row-major for more axes. Elements are undefined where nothing is known. */
export interface Known {
  readonly shape: readonly number[];
  readonly elements: readonly (Size | undefined)[];
  /** Whole numbers, whose quotients are cut off. */
  readonly isInteger: boolean;
}

/** Values of more elements are not kept. */
export const MOST_ELEMENTS = 64;
/** Axes that a value may have; nothing is kept of the others. */
export const MOST_AXES = 32;

/** What a value is computed from. */
export interface KnownInputs {
  /** The value of an input, by position. */
  value(index: number): Known | undefined;
  /** The extents of an input. */
  shape(index: number): readonly Size[] | undefined;
}

type Rule = (node: OnnxNode, inputs: KnownInputs) => Known | undefined;

/** The result of a node; undefined where it is unknown or large. */
export function knownResult(node: OnnxNode, inputs: KnownInputs): Known | undefined {
  const known = Object.hasOwn(rules, node.op) ? rules[node.op]?.(node, inputs) : undefined;
  if (known === undefined || known.elements.length > MOST_ELEMENTS || known.shape.length > MOST_AXES) return undefined;
  return known;
}

/** A vector of whole numbers. */
export function knownVector(elements: readonly (Size | undefined)[]): Known {
  return { shape: [elements.length], elements, isInteger: true };
}

/** All elements as numbers; undefined if one is none. */
export function numbersIn(known: Known | undefined): number[] | undefined {
  const numbers = known?.elements.map(numberOf);
  return numbers?.every((value) => value !== undefined) ? (numbers as number[]) : undefined;
}

function elementwise(compute: (...values: number[]) => number, isInteger?: boolean): Rule {
  return ({ inputs }, { value }) => {
    const known = inputs.map((_, i) => value(i));
    if (!known.every((one) => one !== undefined)) return undefined;
    return broadcast(known, isInteger ?? known[0]!.isInteger, (...elements) => {
      const numbers = elements.map(numberOf);
      if (!numbers.every((one) => one !== undefined)) return undefined;
      const result = compute(...(numbers as number[]));
      return Number.isNaN(result) ? undefined : sizeOf(result);
    });
  };
}

/** Elements of values of one shape, or of one element, taken together. */
function broadcast(
  known: readonly Known[],
  isInteger: boolean,
  compute: (...elements: (Size | undefined)[]) => Size | undefined,
): Known | undefined {
  const long = known.reduce((a, b) =>
    b.elements.length > a.elements.length || b.shape.length > a.shape.length ? b : a,
  );
  const count = long.elements.length;
  if (known.some(({ elements }) => elements.length !== count && elements.length !== 1)) return undefined;
  const elements = long.elements.map((_, i) =>
    compute(...known.map((one) => one.elements[one.elements.length === 1 ? 0 : i])),
  );
  return { shape: long.shape, elements, isInteger };
}

const multiply: Rule = ({ inputs }, { value }) => {
  const [a, b] = [value(0), value(1)];
  if (inputs.length !== 2 || a === undefined || b === undefined) return undefined;
  return broadcast([a, b], a.isInteger, (...factors) => productOf(factors));
};

const divide: Rule = ({ inputs }, { value }) => {
  const [a, b] = [value(0), value(1)];
  if (inputs.length !== 2 || a === undefined || b === undefined) return undefined;
  return broadcast([a, b], a.isInteger, (x, y) => {
    const by = numberOf(y);
    if (x === undefined || by === undefined || by === 0) return undefined;
    const factor = x.factor / by;
    if (x.symbols.length === 0) return sizeOf(a.isInteger ? Math.trunc(factor) : factor);
    return Number.isInteger(factor) || !a.isInteger ? { factor, symbols: x.symbols } : undefined;
  });
};

const same: Rule = (_, { value }) => value(0);

/** A vector, of which perhaps only the length is known. */
function vectorOf(known: Known | undefined, shape: readonly Size[] | undefined): Known | undefined {
  if (known !== undefined) return known.shape.length === 1 ? known : undefined;
  const length = numberOf(shape?.[0]);
  if (shape?.length !== 1 || length === undefined || length > MOST_ELEMENTS) return undefined;
  return knownVector(new Array<undefined>(length).fill(undefined));
}

/** Extents are never negative. */
function isEqual(a: Size | undefined, b: Size | undefined): Size | undefined {
  const [x, y] = [numberOf(a), numberOf(b)];
  if (x !== undefined && y !== undefined) return sizeOf(Number(x === y));
  const [extent, number] = x === undefined ? [a, y] : [b, x];
  return extent !== undefined && extent.factor > 0 && number !== undefined && number < 0 ? sizeOf(0) : undefined;
}

/** The axes of Squeeze and Unsqueeze: an attribute, and from version 13 on an input. */
function axesOf({ attributes }: OnnxNode, { value }: KnownInputs): number[] | undefined {
  return attributes.integers('axes') ?? numbersIn(value(1));
}

const rules: Readonly<Record<string, Rule>> = {
  Identity: same,
  Dropout: same,
  Mul: multiply,
  Div: divide,
  Add: elementwise((a, b) => a + b),
  Sub: elementwise((a, b) => a - b),
  Pow: elementwise((a, b) => a ** b),
  Sqrt: elementwise(Math.sqrt),
  Reciprocal: elementwise((a) => 1 / a),
  Neg: elementwise((a) => -a),
  Floor: elementwise(Math.floor),
  Ceil: elementwise(Math.ceil),
  Equal(_, { value }) {
    const [a, b] = [value(0), value(1)];
    return a && b && broadcast([a, b], true, isEqual);
  },
  ConstantOfShape({ attributes }, { value }) {
    const shape = numbersIn(value(0));
    const count = shape?.reduce((product, extent) => product * extent, 1) ?? Number.POSITIVE_INFINITY;
    if (shape === undefined || !(count >= 0 && count <= MOST_ELEMENTS)) return undefined;
    const tensor = attributes.tensor('value');
    const filler =
      tensor === undefined ? 0 : tensor.elements === 1 ? numbersOf(tensor, 'ConstantOfShape')?.[0] : undefined;
    if (filler === undefined) return undefined;
    const isInteger = tensor !== undefined && storedTypeOf(tensor.type) === undefined;
    return { shape, elements: new Array<Size>(count).fill(sizeOf(filler)), isInteger };
  },
  Cast({ attributes }, { value }) {
    const known = value(0);
    const isInteger = [INT32, INT64, BOOL].includes(attributes.integer('to', 0));
    if (known === undefined || known.isInteger === isInteger || !isInteger) return known && { ...known, isInteger };
    const cut = known.elements.map((size) => {
      const number = numberOf(size);
      return number === undefined ? (size?.factor === 1 ? size : undefined) : sizeOf(Math.trunc(number));
    });
    return { ...known, elements: cut, isInteger };
  },
  Shape({ attributes }, { shape }) {
    const dims = shape(0);
    return dims && knownVector(dims.slice(attributes.integer('start', 0), attributes.integer('end', dims.length)));
  },
  Gather({ attributes }, { value }) {
    const [known, indices] = [value(0), value(1)];
    const at = numbersIn(indices);
    if (known?.shape.length !== 1 || indices === undefined || at === undefined) return undefined;
    if (attributes.integer('axis', 0) !== 0 || indices.shape.length > 1) return undefined;
    return { ...known, shape: indices.shape, elements: at.map((i) => known.elements.at(i)) };
  },
  Slice({ attributes }, inputs) {
    const known = inputs.value(0);
    const range = sliceOf(attributes, inputs);
    if (known?.shape.length !== 1 || range === undefined) return undefined;
    const elements = known.elements.slice(range.from, range.to);
    return { ...known, shape: [elements.length], elements };
  },
  Concat({ inputs }, { value, shape }) {
    const parts = inputs.slice(0, MOST_ELEMENTS + 1).map((_, i) => vectorOf(value(i), shape(i)));
    if (!parts.every((one) => one !== undefined)) return undefined;
    const elements = parts.flatMap((one) => one.elements);
    return { shape: [elements.length], elements, isInteger: parts[0]?.isInteger === true };
  },
  Unsqueeze(node, inputs) {
    const [known, axes] = [inputs.value(0), axesOf(node, inputs)];
    return known && axes && { ...known, shape: [...known.shape, ...axes.map(() => 1)] };
  },
  Squeeze(_, { value }) {
    const known = value(0);
    return known?.elements.length === 1 ? { ...known, shape: [] } : known;
  },
  Reshape(_, { value }) {
    const [known, shape] = [value(0), numbersIn(value(1))];
    if (known === undefined || shape === undefined || shape.length > 1) return undefined;
    return { ...known, shape: shape.length === 0 ? [] : [known.elements.length] };
  },
  Where(_, { value }) {
    const known = [value(0), value(1), value(2)];
    if (!known.every((one) => one !== undefined)) return undefined;
    return broadcast(known, known[1]!.isInteger, (condition, yes, no) => {
      const which = numberOf(condition);
      return which === undefined ? undefined : which !== 0 ? yes : no;
    });
  },
  ReduceProd(_, { value }) {
    const known = value(0);
    return known && { ...known, shape: [1], elements: [productOf(known.elements)] };
  },
};

/** A piece of one axis, by steps of 1. */
export interface AxisRange {
  readonly axis: number;
  readonly from: number;
  /** Exclusive; may lie beyond the end. */
  readonly to: number;
}

/** What a Slice takes, if that is one piece of one axis and known. */
export function sliceOf(attributes: OnnxNode['attributes'], { value }: KnownInputs): AxisRange | undefined {
  const starts = attributes.integers('starts') ?? numbersIn(value(1));
  const ends = attributes.integers('ends') ?? numbersIn(value(2));
  const axes = attributes.integers('axes') ?? numbersIn(value(3)) ?? [0];
  const steps = numbersIn(value(4)) ?? [1];
  if (starts?.length !== 1 || ends?.length !== 1 || axes.length !== 1 || steps[0] !== 1) return undefined;
  return { axis: axes[0]!, from: starts[0]!, to: ends[0]! };
}

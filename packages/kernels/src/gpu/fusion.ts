/** Chains of elementwise operations as one program: an operation waits as an expression until somebody needs its values. */
import type { Program, Storage } from './backend.js';
import { walk } from './walk.js';

/** A storage and how many buffers and waiting expressions look at it; given back with the last. */
export class Shared {
  readonly storage: Storage;
  uses = 1;

  constructor(storage: Storage) {
    this.storage = storage;
  }
}

/** Values that an expression reads. */
export interface Leaf {
  readonly shared: Shared;
  /** Strides over the expression's shape; undefined: element i for result i. */
  readonly strides: readonly number[] | undefined;
}

/** One function of one element of each operand. */
export interface Operation {
  /** JavaScript for gpu.js in which the operands are `p`, `q` and `r`. */
  readonly text: string;
  /** Values of the other names in the text. */
  readonly numbers: Readonly<Record<string, number>>;
  readonly operands: readonly (Leaf | Operation)[];
}

/** An operation with all below it that waits as well. */
export interface Expression {
  readonly operation: Operation;
  readonly length: number;
  /** The axes over which leaves repeat; undefined where none does. */
  readonly shape: readonly number[] | undefined;
  readonly operations: ReadonlySet<Operation>;
  readonly leaves: readonly Leaf[];
}

/** What a thread can bind besides its output, on every GPU. */
const MOST_LEAVES = 6;
const MOST_OPERATIONS = 16;

const sameShape = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((size, axis) => size === b[axis]);

/**
 * The expression of an operation on leaves and on other expressions; undefined if it would be too large, or if its parts
 * repeat over different axes. Then some of the parts have to be computed first.
 */
export function combine(
  text: string,
  numbers: Readonly<Record<string, number>>,
  parts: readonly (Leaf | Expression)[],
  length: number,
  shape: readonly number[] | undefined,
): Expression | undefined {
  let common = shape;
  const leaves: Leaf[] = [];
  const operations = new Set<Operation>();
  for (const part of parts) {
    const isLeaf = 'shared' in part;
    if (!isLeaf && part.shape) {
      if (common && !sameShape(common, part.shape)) return undefined;
      common = part.shape;
    }
    for (const leaf of isLeaf ? [part] : part.leaves) {
      if (!leaves.some((known) => sameLeaf(known, leaf))) leaves.push(leaf);
    }
    if (!isLeaf) for (const operation of part.operations) operations.add(operation);
  }
  const operands = parts.map((part) => ('shared' in part ? part : part.operation));
  const operation = { text, numbers, operands };
  operations.add(operation);
  if (leaves.length > MOST_LEAVES || operations.size > MOST_OPERATIONS) return undefined;
  return { operation, length, shape: common, operations, leaves };
}

function sameLeaf(a: Leaf, b: Leaf): boolean {
  if (a.shared !== b.shared || (a.strides === undefined) !== (b.strides === undefined)) return false;
  return a.strides === undefined || sameShape(a.strides, b.strides as readonly number[]);
}

/** Strides of neighbours that lie side by side. */
function rowMajor(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = step;
    step *= shape[axis] as number;
  }
  return strides;
}

/** Whether the strides read element i for result i. */
export function isLine(shape: readonly number[], strides: readonly number[]): boolean {
  const line = rowMajor(shape);
  return shape.every((size, axis) => size === 1 || strides[axis] === line[axis]);
}

const letters = ['p', 'q', 'r'];

/** The program of an expression, and what it reads. */
export function programOf({ operation, length, shape = [length], leaves }: Expression): {
  program: Program;
  inputs: Record<string, Storage>;
} {
  const names = leaves.map((_, i) => `a${i}`);
  const line = rowMajor(shape);
  const { grid, sizes, index } = walk(
    shape,
    Object.fromEntries(leaves.map(({ strides = line }, i) => [names[i] as string, strides])),
  );
  const numbers: Record<string, number> = {};
  const statements: string[] = [];
  const known = new Map<Operation | Leaf, string>();
  const variableOf = (node: Operation | Leaf): string => {
    const leaf = 'shared' in node ? leaves.findIndex((other) => sameLeaf(other, node)) : -1;
    const key = leaf >= 0 ? (leaves[leaf] as Leaf) : node;
    const given = known.get(key);
    if (given !== undefined) return given;
    const right = 'shared' in node ? `${names[leaf]}[${index[names[leaf] as string]}]` : textOf(node);
    const variable = `v${known.size}`;
    statements.push(`const ${variable} = ${right};`);
    known.set(key, variable);
    return variable;
  };
  const textOf = ({ text, operands, numbers: own }: Operation): string => {
    const words = new Map(operands.map((operand, i) => [letters[i] as string, variableOf(operand)]));
    for (const [word, value] of Object.entries(own)) {
      const name = `n${Object.keys(numbers).length}`;
      numbers[name] = value;
      words.set(word, name);
    }
    return text.replace(/[A-Za-z_]\w*/g, (word) => words.get(word) ?? word);
  };
  const result = variableOf(operation);
  const body = `${statements.join(' ')} return ${result};`;
  const inputs = Object.fromEntries(leaves.map(({ shared }, i) => [names[i] as string, shared.storage]));
  return { program: { name: body, body, sizes, numbers, grid, width: 1 }, inputs };
}

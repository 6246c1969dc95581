/** Nodes of ONNX graphs: an operation, the names of what goes in and comes out, and attributes. */
import { FormatError } from '@saccade/tensor';
import {
  bytesField,
  bytesOf,
  eachField,
  type Field,
  floatOf,
  integerField,
  integerFields,
  integerOf,
  type Pieces,
  pushIntegers,
  textField,
  textOf,
} from './protobuf.js';
import { type OnnxTensor, readTensor } from './tensor.js';

const NODE = { input: 1, output: 2, name: 3, op: 4, attribute: 5, domain: 7 };
const ATTRIBUTE = { name: 1, float: 2, integer: 3, tensor: 5, graph: 6, integers: 8, graphs: 11, type: 20 };
/** What `type` says. */
const TYPE = { integer: 2, integers: 7 };

/** Subgraphs in subgraphs at most. */
const DEEPEST = 32;

/** A node of a graph, as it was read or as it is written. */
export interface OnnxNode {
  /** Operation; with its domain before it where that is not ONNX's own. */
  readonly op: string;
  readonly name: string;
  /** '' where an input is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Names that its subgraphs take from around them, and some that they make themselves. */
  readonly captured: readonly string[];
  /** Operations within its subgraphs. */
  readonly inner: readonly string[];
  readonly attributes: Attributes;
  /** The message. */
  readonly message: Pieces;
}

/** Attributes by name, decoded when they are asked for. */
export class Attributes {
  readonly #fields: ReadonlyMap<string, Uint8Array>;
  readonly #what: string;

  constructor(fields: ReadonlyMap<string, Uint8Array>, what: string) {
    this.#fields = fields;
    this.#what = what;
  }

  /** Whether there is one of this name. */
  has(name: string): boolean {
    return this.#fields.has(name);
  }

  #each(name: string, visit: (field: Field) => void): void {
    const message = this.#fields.get(name);
    if (message !== undefined) eachField(message, this.#what, visit);
  }

  /** A whole number, or what is taken where there is none. */
  integer<Default extends number | undefined>(name: string, otherwise: Default): number | Default {
    let value: number | Default = otherwise;
    this.#each(name, (field) => {
      if (field.no === ATTRIBUTE.integer) value = integerOf(field, this.#what);
    });
    return value;
  }

  /** A float, or undefined. */
  float(name: string): number | undefined {
    let value: number | undefined;
    this.#each(name, (field) => {
      if (field.no === ATTRIBUTE.float) value = floatOf(field, this.#what);
    });
    return value;
  }

  /** Whole numbers; undefined where there is no such attribute. */
  integers(name: string): number[] | undefined {
    if (!this.has(name)) return undefined;
    const values: number[] = [];
    this.#each(name, (field) => {
      if (field.no === ATTRIBUTE.integers) pushIntegers(field, this.#what, values, Number.POSITIVE_INFINITY);
    });
    return values;
  }

  /** A tensor, or undefined. */
  tensor(name: string): OnnxTensor | undefined {
    let tensor: OnnxTensor | undefined;
    this.#each(name, (field) => {
      if (field.no === ATTRIBUTE.tensor) tensor = readTensor(bytesOf(field, this.#what), this.#what);
    });
    return tensor;
  }
}

/** @param depth how many graphs it lies in, beside the first @throws {FormatError} */
export function readNode(message: Uint8Array, what: string, depth = 0): OnnxNode {
  const [inputs, outputs, captured, inner]: [string[], string[], string[], string[]] = [[], [], [], []];
  const attributes = new Map<string, Uint8Array>();
  let [op, name, domain] = ['', '', ''];
  eachField(message, what, (field) => {
    if (field.no === NODE.input) inputs.push(textOf(field, what));
    else if (field.no === NODE.output) outputs.push(textOf(field, what));
    else if (field.no === NODE.name) name = textOf(field, what);
    else if (field.no === NODE.op) op = textOf(field, what);
    else if (field.no === NODE.domain) domain = textOf(field, what);
    else if (field.no === NODE.attribute) readAttribute(bytesOf(field, what), attributes);
  });

  function readAttribute(attribute: Uint8Array, into: Map<string, Uint8Array>): void {
    let own = '';
    eachField(attribute, what, (field) => {
      if (field.no === ATTRIBUTE.name) own = textOf(field, what);
      if (field.no !== ATTRIBUTE.graph && field.no !== ATTRIBUTE.graphs) return;
      readSubgraph(bytesOf(field, what), what, depth + 1, captured, inner);
    });
    into.set(own, attribute);
  }

  const full = domain === '' || domain === 'ai.onnx' ? op : `${domain}.${op}`;
  return {
    op: full,
    name,
    inputs,
    outputs,
    captured,
    inner,
    attributes: new Attributes(attributes, what),
    message: [message],
  };
}

/** What a subgraph mentions: inputs of its nodes, and its outputs, which may be names from around it. */
function readSubgraph(message: Uint8Array, what: string, depth: number, names: string[], ops: string[]): void {
  if (depth > DEEPEST) throw new FormatError(`${what}: has graphs in graphs, more than ${DEEPEST} deep`);
  eachField(message, what, (field) => {
    if (field.no === 1) {
      const node = readNode(bytesOf(field, what), what, depth);
      for (const name of [...node.inputs, ...node.captured]) names.push(name);
      ops.push(node.op);
      for (const op of node.inner) ops.push(op);
    } else if (field.no === 12) {
      eachField(bytesOf(field, what), what, (own) => {
        if (own.no === 1) names.push(textOf(own, what));
      });
    }
  });
}

/** Attributes of a new node: whole numbers, and lists of them. */
export type NewAttributes = Readonly<Record<string, number | readonly number[]>>;

/** A new node of ONNX's own operations. Its name is that of its first output. */
export function makeNode(
  op: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: NewAttributes = {},
): OnnxNode {
  const message = [
    ...inputs.map((input) => textField(NODE.input, input)),
    ...outputs.map((output) => textField(NODE.output, output)),
    textField(NODE.name, outputs[0] as string),
    textField(NODE.op, op),
    ...Object.entries(attributes).flatMap(([key, value]) => bytesField(NODE.attribute, attributeMessage(key, value))),
  ];
  const none = new Attributes(new Map(), op);
  return { op, name: outputs[0] as string, inputs, outputs, captured: [], inner: [], attributes: none, message };
}

function attributeMessage(name: string, value: number | readonly number[]): Pieces {
  const isList = typeof value !== 'number';
  const values = isList ? integerFields(ATTRIBUTE.integers, value) : [integerField(ATTRIBUTE.integer, value)];
  return [
    textField(ATTRIBUTE.name, name),
    ...values,
    integerField(ATTRIBUTE.type, isList ? TYPE.integers : TYPE.integer),
  ];
}

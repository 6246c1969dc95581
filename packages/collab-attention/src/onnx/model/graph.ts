/** The graph of an ONNX file: its nodes in order, who makes and who takes each value, and the weights. */
import { FormatError, quote } from '@saccade/tensor';
import { type OnnxNode, readNode } from './node.js';
import {
  bytesField,
  bytesOf,
  eachField,
  type Field,
  integerField,
  integerOf,
  type Pieces,
  textField,
  textOf,
} from './protobuf.js';
import { type NewTensor, type OnnxTensor, readTensor } from './tensor.js';

const GRAPH = { node: 1, initializer: 5, input: 11, output: 12, valueInfo: 13 };

/** Nodes and weights at most: their descriptions take far more memory than a hostile file needs to have so many. */
const MOST = 2 ** 20;

/** A value that a graph declares. */
export interface DeclaredValue {
  readonly name: string;
  /** Its extents, undefined where they are open; undefined where the rank is. */
  readonly dims: readonly (number | undefined)[] | undefined;
}

/** A field of the graph in the order of the file, with what was read of it. */
export type GraphItem =
  | { readonly kind: 'node'; readonly node: OnnxNode }
  | { readonly kind: 'initializer'; readonly tensor: OnnxTensor }
  | { readonly kind: 'input' | 'output' | 'value'; readonly value: DeclaredValue; readonly field: Field }
  | { readonly kind: 'other'; readonly field: Field };

/** A graph that nothing changes: edits are made when it is written. */
export class OnnxGraph {
  readonly items: readonly GraphItem[];
  readonly nodes: readonly OnnxNode[];
  readonly initializers: ReadonlyMap<string, OnnxTensor>;
  /** What the caller passes; in old files weights too. */
  readonly inputs: ReadonlyMap<string, DeclaredValue>;
  readonly outputs: ReadonlySet<string>;
  /** Shapes of values in between, where the file tells them. */
  readonly values: ReadonlyMap<string, DeclaredValue>;
  readonly #producers = new Map<string, OnnxNode>();
  readonly #consumers = new Map<string, OnnxNode[]>();

  /** @throws {FormatError} */
  constructor(message: Uint8Array, what: string) {
    this.items = readItems(message, what);
    const of = (kind: string): Map<string, DeclaredValue> =>
      new Map(
        this.items.flatMap((item) => (item.kind === kind && 'value' in item ? [[item.value.name, item.value]] : [])),
      );
    this.nodes = this.items.flatMap((item) => (item.kind === 'node' ? [item.node] : []));
    this.initializers = new Map(
      this.items.flatMap((item) => (item.kind === 'initializer' ? [[item.tensor.name, item.tensor]] : [])),
    );
    this.inputs = of('input');
    this.outputs = new Set(of('output').keys());
    this.values = of('value');
    for (const node of this.nodes) this.#link(node, what);
  }

  #link(node: OnnxNode, what: string): void {
    for (const output of node.outputs) {
      if (output === '') continue;
      if (this.#producers.has(output) || this.initializers.has(output)) {
        throw new FormatError(`${what}: two nodes give ${quote(output)}`);
      }
      this.#producers.set(output, node);
    }
    for (const name of new Set([...node.inputs, ...node.captured])) {
      const known = this.#consumers.get(name);
      if (known === undefined) this.#consumers.set(name, [node]);
      else known.push(node);
    }
  }

  /** The node that gives a value; undefined for inputs and weights. */
  producer(name: string): OnnxNode | undefined {
    return this.#producers.get(name);
  }

  /** The nodes that take a value, in subgraphs too. */
  consumers(name: string): readonly OnnxNode[] {
    return this.#consumers.get(name) ?? [];
  }

  /** Whether a name is taken. */
  knows(name: string): boolean {
    return (
      this.#producers.has(name) || this.#consumers.has(name) || this.initializers.has(name) || this.inputs.has(name)
    );
  }
}

function readItems(message: Uint8Array, what: string): GraphItem[] {
  const items: GraphItem[] = [];
  eachField(message, what, (field) => {
    if (items.length >= MOST) throw new FormatError(`${what}: the graph has more than ${MOST} nodes and weights`);
    items.push(readItem(field, what));
  });
  return items;
}

function readItem(field: Field, what: string): GraphItem {
  switch (field.no) {
    case GRAPH.node:
      return { kind: 'node', node: readNode(bytesOf(field, what), what) };
    case GRAPH.initializer:
      return { kind: 'initializer', tensor: readTensor(bytesOf(field, what), what) };
    case GRAPH.input:
      return { kind: 'input', value: readDeclared(bytesOf(field, what), what), field };
    case GRAPH.output:
      return { kind: 'output', value: readDeclared(bytesOf(field, what), what), field };
    case GRAPH.valueInfo:
      return { kind: 'value', value: readDeclared(bytesOf(field, what), what), field };
    default:
      return { kind: 'other', field };
  }
}

/** A name and a type, of which only the shape of tensors is read. */
function readDeclared(message: Uint8Array, what: string): DeclaredValue {
  let name = '';
  let dims: (number | undefined)[] | undefined;
  eachField(message, what, (field) => {
    if (field.no === 1) name = textOf(field, what);
    else if (field.no === 2) dims = within(field, 1, (tensor) => within(tensor, 2, readDims));
  });

  /** Reads the last field `no` of a message. */
  function within<T>(outer: Field, no: number, read: (inner: Field) => T | undefined): T | undefined {
    let found: T | undefined;
    eachField(bytesOf(outer, what), what, (field) => {
      if (field.no === no) found = read(field);
    });
    return found;
  }

  function readDims(shape: Field): (number | undefined)[] {
    const found: (number | undefined)[] = [];
    eachField(bytesOf(shape, what), what, (field) => {
      if (field.no !== 1) return;
      if (found.length >= 32) throw new FormatError(`${what}: ${quote(name)} has more than 32 axes`);
      const extent = within(field, 1, (own) => integerOf(own, what));
      found.push(extent !== undefined && Number.isSafeInteger(extent) && extent >= 0 ? extent : undefined);
    });
    return found;
  }

  return { name, dims };
}

/** What becomes of a graph. */
export interface GraphEdits {
  /** Nodes that others take the place of. */
  readonly replaced: ReadonlyMap<OnnxNode, readonly OnnxNode[]>;
  /** Weights, and values whose names go with them. */
  readonly dropped: ReadonlySet<string>;
  /** Weights that are written in another way. */
  readonly rewritten: ReadonlyMap<string, Pieces>;
  readonly added: readonly NewTensor[];
}

/** The message of a graph with its edits. Everything else has the bytes that it had. @param declares whether weights must be among the inputs, as in old files */
export function writeGraph(
  graph: OnnxGraph,
  { replaced, dropped, rewritten, added }: GraphEdits,
  declares: boolean,
): Pieces {
  const kept = graph.items.flatMap((item): Pieces => {
    switch (item.kind) {
      case 'node':
        return (replaced.get(item.node) ?? [item.node]).flatMap((node) => bytesField(GRAPH.node, node.message));
      case 'initializer': {
        const { name, message } = item.tensor;
        return dropped.has(name) ? [] : bytesField(GRAPH.initializer, rewritten.get(name) ?? [message]);
      }
      case 'input':
      case 'value':
        return dropped.has(item.value.name) ? [] : [item.field.whole];
      default:
        return [item.field.whole];
    }
  });
  const fresh = added.flatMap(({ message }) => bytesField(GRAPH.initializer, message));
  return [...kept, ...fresh, ...(declares ? added.flatMap((one) => bytesField(GRAPH.input, declared(one))) : [])];
}

/** The declaration of a tensor. */
function declared({ name, type, dims }: NewTensor): Pieces {
  const shape = dims.flatMap((extent) => bytesField(1, [integerField(1, extent)]));
  const tensor = [integerField(1, type), ...bytesField(2, shape)];
  return [textField(1, name), ...bytesField(2, bytesField(1, tensor))];
}

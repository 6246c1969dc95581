/** Edits of a graph as they are made: nodes in the places of others, new weights, and what nobody needs any more. */
import type { StoredArray } from '@saccade/tensor';
import type { GraphEdits, OnnxGraph } from '../model/graph.js';
import { makeNode, type NewAttributes, type OnnxNode } from '../model/node.js';
import { floatTensor, integerTensor, type NewTensor } from '../model/tensor.js';
import { UnusedSearch } from './unused.js';

/** Collects edits. The graph stays as it is. */
export class GraphWriter {
  readonly graph: OnnxGraph;
  readonly #replaced = new Map<OnnxNode, OnnxNode[]>();
  readonly #added: NewTensor[] = [];
  readonly #names = new Set<string>();
  readonly #vectors = new Map<string, string>();

  constructor(graph: OnnxGraph) {
    this.graph = graph;
  }

  /** A name that nothing has. */
  freshName(wanted: string): string {
    let name = wanted;
    for (let i = 1; this.graph.knows(name) || this.#names.has(name); i++) name = `${wanted}_${i}`;
    this.#names.add(name);
    return name;
  }

  /** Takes a node out; what is put in its place stays. */
  remove(node: OnnxNode): void {
    if (!this.#replaced.has(node)) this.#replaced.set(node, []);
  }

  /** Puts a new node in the place of one that goes, after others that were put there. @returns the name of its result */
  put(place: OnnxNode, op: string, inputs: readonly string[], output: string, attributes?: NewAttributes): string {
    this.remove(place);
    this.#replaced.get(place)?.push(makeNode(op, inputs, [output], attributes));
    return output;
  }

  /** The name of a constant vector of whole numbers. */
  vector(values: readonly number[]): string {
    const key = values.join(',');
    const known = this.#vectors.get(key);
    if (known !== undefined) return known;
    const name = this.freshName(`shape_${values.join('_').replaceAll('-', 'm')}`);
    this.#vectors.set(key, name);
    this.#added.push(integerTensor(name, values));
    return name;
  }

  /** Adds a weight. @returns its name */
  weight(wanted: string, array: StoredArray): string {
    const name = this.freshName(wanted);
    this.#added.push(floatTensor(name, array));
    return name;
  }

  /** Whether anything has been changed. */
  get isChanged(): boolean {
    return this.#replaced.size > 0;
  }

  /** All edits, without nodes and weights that nothing needs any more. @param rewritten weights that are written in another way */
  edits(rewritten: GraphEdits['rewritten']): GraphEdits {
    const unused = new UnusedSearch(this.graph, this.#replaced);
    unused.remove();
    const added = this.#added.filter(({ name }) => unused.isUsed(name));
    return { replaced: unused.replaced, dropped: unused.dropped, rewritten, added };
  }
}

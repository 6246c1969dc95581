/** Nodes and weights of an edited graph that nothing needs any more. What nothing needed before stays. */
import type { OnnxGraph } from '../model/graph.js';
import type { OnnxNode } from '../model/node.js';

/** Follows the inputs of what goes. */
export class UnusedSearch {
  readonly replaced: Map<OnnxNode, OnnxNode[]>;
  /** Weights that go, and results of nodes that nothing gives any more. */
  readonly dropped: Set<string> = new Set();
  readonly #graph: OnnxGraph;
  readonly #uses = new Map<string, number>();
  /** New nodes by their results, with the nodes in whose places they are. */
  readonly #fresh = new Map<string, { readonly node: OnnxNode; readonly place: OnnxNode }>();

  /** @param replaced nodes that go, and what is in their places */
  constructor(graph: OnnxGraph, replaced: ReadonlyMap<OnnxNode, readonly OnnxNode[]>) {
    this.#graph = graph;
    this.replaced = new Map(Array.from(replaced, ([place, nodes]) => [place, [...nodes]]));
    for (const output of graph.outputs) this.#use(output, 1);
    for (const place of graph.nodes) {
      for (const node of replaced.get(place) ?? [place]) this.#useAll(node, 1);
      for (const node of replaced.get(place) ?? []) this.#fresh.set(node.outputs[0] as string, { node, place });
    }
  }

  /** Whether something takes a value. */
  isUsed(name: string): boolean {
    return (this.#uses.get(name) ?? 0) > 0;
  }

  /** Takes out all that is unused because of the edits. */
  remove(): void {
    const open = [...this.replaced.keys()].flatMap(({ inputs, outputs }) => [...inputs, ...outputs]);
    open.push(...this.#fresh.keys());
    for (let name = open.pop(); name !== undefined; name = open.pop()) {
      if (name !== '' && !this.isUsed(name) && !this.dropped.has(name)) open.push(...this.#drop(name));
    }
  }

  /** @returns names that may be unused after it */
  #drop(name: string): readonly string[] {
    const fresh = this.#fresh.get(name);
    if (fresh !== undefined) {
      const nodes = this.replaced.get(fresh.place) as OnnxNode[];
      const at = nodes.indexOf(fresh.node);
      if (at < 0) return [];
      nodes.splice(at, 1);
      this.dropped.add(name);
      return this.#useAll(fresh.node, -1);
    }
    const node = this.#graph.producer(name);
    if (node === undefined) {
      if (this.#graph.initializers.has(name)) this.dropped.add(name);
      return [];
    }
    if (this.replaced.has(node)) {
      this.dropped.add(name);
      return [];
    }
    if (node.outputs.some((output) => this.isUsed(output))) return [];
    this.replaced.set(node, []);
    for (const output of node.outputs) this.dropped.add(output);
    return this.#useAll(node, -1);
  }

  #use(name: string, count: number): void {
    this.#uses.set(name, (this.#uses.get(name) ?? 0) + count);
  }

  #useAll({ inputs, captured }: OnnxNode, count: number): readonly string[] {
    const names = [...new Set([...inputs, ...captured])];
    for (const name of names) this.#use(name, count);
    return names;
  }
}

/** The greatest flow from one node of a graph to another, by Dinic's method with real capacities. */

/** Edges between nodes that are numbers from 0. */
export interface FlowGraph {
  readonly nodes: number;
  /** Where each edge begins, where it ends, and how much it can carry (not negative, finite). */
  readonly from: ArrayLike<number>;
  readonly to: ArrayLike<number>;
  readonly capacity: ArrayLike<number>;
}

/** A greatest flow. */
export interface MaxFlow {
  readonly value: number;
  /** For each node 1 if it is on the source's side of a least cut. */
  readonly sourceSide: Uint8Array;
}

/** What is left of a capacity below this share of the largest is rounding. */
const rounding = 1e-14;

/** A graph that flows are looked for in, again and again. */
export class FlowNetwork {
  readonly #nodes: number;
  /** The arcs of node v are `#arcs[#first[v]]` to `#arcs[#first[v + 1] - 1]`; arc 2e is edge e, and 2e + 1 goes back along it. */
  readonly #first: Int32Array;
  readonly #arcs: Int32Array;
  readonly #head: Int32Array;
  readonly #capacity: Float64Array;
  /** What each arc can still carry. */
  readonly #left: Float64Array;
  readonly #least: number;
  /** Arcs from the source to each node, -1 beyond reach. */
  readonly #level: Int32Array;
  /** The first arc of each node that may still lead on. */
  readonly #next: Int32Array;
  readonly #queue: Int32Array;

  constructor({ nodes, from, to, capacity }: FlowGraph) {
    const edges = from.length;
    this.#nodes = nodes;
    this.#first = new Int32Array(nodes + 1);
    for (let e = 0; e < edges; e++) {
      this.#first[from[e]! + 1]!++;
      this.#first[to[e]! + 1]!++;
    }
    for (let v = 0; v < nodes; v++) this.#first[v + 1]! += this.#first[v]!;
    this.#arcs = new Int32Array(2 * edges);
    this.#head = new Int32Array(2 * edges);
    this.#capacity = new Float64Array(2 * edges);
    const free = this.#first.slice();
    let largest = 0;
    for (let e = 0; e < edges; e++) {
      [this.#head[2 * e], this.#head[2 * e + 1]] = [to[e]!, from[e]!];
      this.#arcs[free[from[e]!]!++] = 2 * e;
      this.#arcs[free[to[e]!]!++] = 2 * e + 1;
      this.#capacity[2 * e] = capacity[e]!;
      largest = Math.max(largest, capacity[e]!);
    }
    this.#left = this.#capacity.slice();
    this.#least = rounding * largest;
    this.#level = new Int32Array(nodes);
    this.#next = new Int32Array(nodes);
    this.#queue = new Int32Array(nodes);
  }

  /** A greatest flow between two different nodes. */
  maxFlow(source: number, sink: number): MaxFlow {
    this.#left.set(this.#capacity);
    let value = 0;
    while (this.#findLevels(source, sink)) {
      this.#next.set(this.#first.subarray(0, this.#nodes));
      value += this.#push(source, sink, Number.POSITIVE_INFINITY);
    }
    return { value, sourceSide: Uint8Array.from(this.#level, (level) => Number(level >= 0)) };
  }

  /** Breadth first along what can still carry. Whether the sink is reached. */
  #findLevels(source: number, sink: number): boolean {
    const [level, queue] = [this.#level.fill(-1), this.#queue];
    level[source] = 0;
    queue[0] = source;
    for (let done = 0, found = 1; done < found; done++) {
      const node = queue[done]!;
      for (let i = this.#first[node]!; i < this.#first[node + 1]!; i++) {
        const arc = this.#arcs[i]!;
        const next = this.#head[arc]!;
        if (level[next]! >= 0 || this.#left[arc]! <= this.#least) continue;
        level[next] = level[node]! + 1;
        // All nodes that a shortest path visits are nearer than the sink.
        if (next === sink) return true;
        queue[found++] = next;
      }
    }
    return false;
  }

  /** Sends up to `limit` on from a node, one level at a time, and tells how much arrived. */
  #push(node: number, sink: number, limit: number): number {
    if (node === sink) return limit;
    let sent = 0;
    const end = this.#first[node + 1]!;
    for (; this.#next[node]! < end; this.#next[node]!++) {
      const arc = this.#arcs[this.#next[node]!]!;
      const next = this.#head[arc]!;
      if (this.#level[next] !== this.#level[node]! + 1 || this.#left[arc]! <= this.#least) continue;
      const through = this.#push(next, sink, Math.min(limit - sent, this.#left[arc]!));
      this.#left[arc]! -= through;
      this.#left[arc ^ 1]! += through;
      sent += through;
      // Filled up: this arc may have room left for the next who comes.
      if (limit - sent <= this.#least) return sent;
    }
    return sent;
  }
}

/** Who else looks at queries and keys on their way, and what else their projections give. */
import type { Facts } from '../facts/facts.js';
import type { OnnxGraph } from '../model/graph.js';
import type { OnnxNode } from '../model/node.js';
import type { Branch, BranchValue } from './branch.js';
import { type Layout, nextLayout } from './layout.js';
import type { Projection } from './projection.js';
import type { Axes, Part } from './regroup.js';
import { Unmatched } from './unmatched.js';

/** A result of a projection that is neither queries nor keys: the values, where one projection gives all three. */
export interface Remainder {
  readonly name: string;
  /** The node that takes it from the others. */
  readonly node: OnnxNode;
  readonly projection: Projection;
  readonly bias: BranchValue['bias'];
  readonly layout: Layout;
  /** Columns of the weight, in the order of the layout. */
  readonly columns: readonly number[];
}

/** A Shape node that looks at a value which goes. */
export interface ShapeLook {
  readonly node: OnnxNode;
  readonly branch: Branch;
  readonly value: BranchValue;
  /** Undefined where it is unknown. */
  readonly rank: number | undefined;
}

/** An attention's product, and what goes into it. */
export interface AttentionEnds {
  readonly product: OnnxNode;
  readonly query: Branch;
  readonly key: Branch;
}

/** What looks at values of an attention that go. */
export interface Onlookers {
  readonly rest: readonly Remainder[];
  readonly shapes: readonly ShapeLook[];
  /** Nodes between such values and what looks at them. */
  readonly between: readonly OnnxNode[];
}

/** @throws {Unmatched} where a value that goes is used for something else */
export function onlookers(graph: OnnxGraph, facts: Facts, ends: AttentionEnds): Onlookers {
  const search = new OnlookerSearch(graph, facts, ends);
  for (const branch of [ends.query, ends.key]) {
    for (const value of branch.values) search.visit(branch, value);
  }
  return search;
}

/** Nodes between a value and what looks at it, at most. */
const MOST_BETWEEN = 64;

/** Operations that do no more than lay a value out anew. */
const layouts = new Set(['Transpose', 'Reshape', 'Squeeze', 'Unsqueeze', 'Identity']);

class OnlookerSearch implements Onlookers {
  readonly rest: Remainder[] = [];
  readonly shapes: ShapeLook[] = [];
  readonly between: OnnxNode[] = [];
  readonly #graph: OnnxGraph;
  readonly #facts: Facts;
  /** Nodes that go anyway, and their results. */
  readonly #own: ReadonlySet<OnnxNode>;
  readonly #ways: ReadonlySet<string>;
  readonly #columns: ReadonlySet<string>;
  readonly #seen = new Set<string>();

  constructor(graph: OnnxGraph, facts: Facts, { product, query, key }: AttentionEnds) {
    this.#graph = graph;
    this.#facts = facts;
    this.#own = new Set([product, ...query.nodes, ...key.nodes]);
    this.#ways = new Set([...query.values, ...key.values].map(({ name }) => name));
    this.#columns = new Set([query, key].flatMap((branch) => branch.columns.map((column) => keyOf(branch, column))));
  }

  /** Looks at all that takes a value, and at what comes of it by new layouts. @throws {Unmatched} */
  visit(branch: Branch, value: BranchValue): void {
    if (this.#seen.has(value.name)) return;
    this.#seen.add(value.name);
    if (this.#graph.outputs.has(value.name)) throw new Unmatched('its queries or keys go out of the graph');
    for (const node of this.#graph.consumers(value.name)) {
      if (node.op === 'Shape') this.shapes.push({ node, branch, value, rank: this.#rankOf(value, node) });
      else if (node.op === 'Split' || !this.#own.has(node)) this.#other(branch, value, node);
    }
  }

  #other(branch: Branch, value: BranchValue, node: OnnxNode): void {
    const [from, to = ''] = [node.inputs[0], node.outputs[0]];
    if (from !== value.name || this.between.length >= MOST_BETWEEN) throw usedElsewhere(node);
    if (layouts.has(node.op)) {
      this.between.push(node);
      const layout = nextLayout(value.layout, node, 0, this.#facts, 'queries or keys');
      this.visit(branch, { ...value, name: to, layout });
    } else if (node.op === 'Split' || node.op === 'Slice' || node.op === 'Gather') {
      for (const [place, name] of node.outputs.entries()) {
        if (name !== '' && !this.#ways.has(name)) this.#part(branch, value, node, place);
      }
    } else throw usedElsewhere(node);
  }

  /** What is taken of a value must be neither queries nor keys. */
  #part(branch: Branch, value: BranchValue, node: OnnxNode, place: number): void {
    if (value.scale !== 1) throw new Unmatched('its projection is multiplied before its parts are taken');
    const layout = nextLayout(value.layout, node, place, this.#facts, 'values');
    const columns = columnsOf(layout);
    const isPlain = layout.axes?.every((atoms) => atoms.length <= 1) ?? true;
    if (!isPlain || columns.some((column) => this.#columns.has(keyOf(branch, column)))) throw usedElsewhere(node);
    const name = node.outputs[place] as string;
    this.rest.push({ name, node, projection: branch.projection, bias: value.bias, layout, columns });
  }

  /** @throws {Unmatched} where it is unknown, and matters */
  #rankOf({ name, layout }: BranchValue, { attributes }: OnnxNode): number | undefined {
    const rank = layout.axes?.length ?? this.#facts.shape(name)?.length;
    if (rank !== undefined || !(attributes.has('start') || attributes.has('end'))) return rank;
    throw new Unmatched(`the rank of ${name} is unknown`);
  }
}

function keyOf({ projection }: Branch, column: number): string {
  return `${column} ${projection.node.outputs[0]}`;
}

function usedElsewhere({ op, name }: OnnxNode): Unmatched {
  return new Unmatched(`its queries or keys are used elsewhere too (${op} ${name})`);
}

/** The columns that a layout consists of, the last of its factors fastest, in the order in which they lie in the weight. */
function columnsOf({ axes, offset, columns }: Layout): number[] {
  if (axes === undefined) return Array.from({ length: columns }, (_, i) => offset + i);
  const parts = partsOf(axes);
  const count = parts.reduce((product, part) => product * part.extent, 1);
  return Array.from({ length: count }, (_, i) => {
    let [column, rest] = [offset, i];
    for (const { extent, stride } of [...parts].reverse()) {
      column += (rest % extent) * stride;
      rest = Math.floor(rest / extent);
    }
    return column;
  });
}

/** Factors of the columns, those that lie farthest apart first. */
export function partsOf(axes: Axes): Part[] {
  const parts = axes.flat().filter((atom) => atom.kind === 'part');
  return parts.sort((a, b) => b.stride - a.stride);
}

/** Queries or keys of an attention: from their place in the product back to a projection, and what lies between. */
import type { Facts } from '../facts/facts.js';
import type { OnnxGraph } from '../model/graph.js';
import type { OnnxNode } from '../model/node.js';
import type { OnnxTensor } from '../model/tensor.js';
import { constantScalar, constantTensor } from './constants.js';
import { type Layout, nextLayout, wholeLayout } from './layout.js';
import { biasTensor, isProjection, type Projection, projectionOf } from './projection.js';
import type { Atom, Axes, Part } from './regroup.js';
import { isQuantised, obstacle, Unmatched } from './unmatched.js';

/** What is added to rows of a projection. */
export interface BiasTerm {
  readonly tensor: OnnxTensor;
  /** The column that its first number belongs to. */
  readonly offset: number;
  readonly factor: number;
}

/** A value on the way from a projection to the product: scale x W + biases, laid out. */
export interface BranchValue {
  readonly name: string;
  readonly layout: Layout;
  /** What it has been multiplied by since the projection. */
  readonly scale: number;
  readonly bias: readonly BiasTerm[];
}

/** Queries or keys. */
export interface Branch {
  readonly projection: Projection;
  /** From the projection to the last node before the product. */
  readonly nodes: readonly OnnxNode[];
  /** Results of these nodes, the projection's first. */
  readonly values: readonly BranchValue[];
  /** The last of them. */
  readonly last: BranchValue;
  /** Of heads x dims, the column of the weight. */
  readonly columns: readonly number[];
  readonly heads: number;
  readonly dims: number;
  /** Which of the two factors of rows is the batch. */
  readonly batch: 0 | 1;
  /** Whether batch and heads are one axis. */
  readonly isFlat: boolean;
}

/** What is asked for. */
export interface BranchSide {
  readonly what: 'queries' | 'keys';
  readonly name: string;
}

/** Nodes of a branch at most. */
const MOST_NODES = 32;

/** @throws {Unmatched} */
export function branchTo(graph: OnnxGraph, facts: Facts, { what, name }: BranchSide): Branch {
  const nodes = nodesTo(graph, facts, name, what);
  const [first, ...others] = nodes as [OnnxNode, ...OnnxNode[]];
  const projection = projectionOf(graph, first, what);
  const layout = wholeLayout(projection.columns);
  const own = projection.bias === undefined ? [] : [{ ...projection.bias, offset: 0 }];
  const values: BranchValue[] = [{ name: first.outputs[0] as string, layout, scale: 1, bias: own }];
  let last = values[0] as BranchValue;
  for (const [i, node] of others.entries()) {
    const to = (others[i + 1]?.inputs ?? [name]).find((input) => node.outputs.includes(input)) as string;
    last = {
      ...nextValue(graph, facts, last, node, what),
      name: to,
      layout: nextLayout(last.layout, node, node.outputs.indexOf(to), facts, what),
    };
    values.push(last);
  }
  return { projection, nodes, values, last, ...headsOf(last.layout, what) };
}

/** What a node multiplies a value by, or adds to it. */
function nextValue(
  graph: OnnxGraph,
  facts: Facts,
  { name, layout, scale, bias }: BranchValue,
  node: OnnxNode,
  what: string,
): Pick<BranchValue, 'scale' | 'bias'> {
  const other = node.inputs.find((input) => input !== name) ?? '';
  if (node.op === 'Mul' || node.op === 'Div') {
    const by = scaleOf(facts, node.op, other, what);
    return { scale: scale * by, bias: bias.map((term) => ({ ...term, factor: term.factor * by })) };
  }
  if (node.op !== 'Add') return { scale, bias };
  if (layout.axes !== undefined) throw new Unmatched(`something is added to heads of its ${what}`);
  const tensor = biasTensor(graph, other, layout.columns, what);
  return { scale, bias: [...bias, { tensor, offset: layout.offset, factor: 1 }] };
}

/** The nodes from a projection to a value. */
function nodesTo(graph: OnnxGraph, facts: Facts, name: string, what: string): OnnxNode[] {
  const nodes: OnnxNode[] = [];
  let at: string = name;
  while (nodes.length < MOST_NODES) {
    const node = graph.producer(at);
    if (node === undefined) throw new Unmatched(`its ${what} go into the graph as they are (${at})`);
    nodes.unshift(node);
    if (isProjection(node)) return nodes;
    at = inputOf(graph, facts, node, what);
  }
  throw new Unmatched(`its ${what} are more than ${MOST_NODES} nodes from a projection`);
}

/** The input of a node that is not a constant. */
function inputOf(graph: OnnxGraph, facts: Facts, { op, inputs }: OnnxNode, what: string): string {
  const [first = '', second = ''] = inputs;
  switch (op) {
    case 'Mul':
      if (constantScalar(facts, first) !== undefined) return second;
      if (constantScalar(facts, second) !== undefined) return first;
      break;
    case 'Div':
      if (constantScalar(facts, second) !== undefined) return first;
      break;
    case 'Add':
      if (constantTensor(graph, first) !== undefined) return second;
      if (constantTensor(graph, second) !== undefined) return first;
      break;
    case 'Transpose':
    case 'Reshape':
    case 'Squeeze':
    case 'Unsqueeze':
    case 'Split':
    case 'Slice':
    case 'Gather':
    case 'Identity':
    case 'Dropout':
      return first;
  }
  throw new Unmatched(obstacle(quantisedBehind(graph, inputs) ?? op, what));
}

/** An operation on quantised numbers a few nodes before some values. */
function quantisedBehind(graph: OnnxGraph, names: readonly string[]): string | undefined {
  let open = names;
  for (let steps = 0; steps < 4; steps++) {
    const nodes = open.flatMap((name) => graph.producer(name) ?? []);
    const found = nodes.find(({ op }) => isQuantised(op));
    if (found !== undefined) return found.op;
    open = nodes.flatMap(({ inputs }) => inputs.slice(0, 2));
  }
  return undefined;
}

function scaleOf(facts: Facts, op: string, other: string, what: string): number {
  const by = constantScalar(facts, other) as number;
  const factor = op === 'Mul' ? by : 1 / by;
  if (Number.isFinite(factor) && factor !== 0) return factor;
  throw new Unmatched(`its ${what} are multiplied by ${factor}`);
}

/** What the axes of queries [batch, heads, tokens, dims], or of keys with the last two exchanged, are. @throws {Unmatched} */
function headsOf(
  { axes, offset }: Layout,
  what: BranchSide['what'],
): Pick<Branch, 'columns' | 'heads' | 'dims' | 'batch' | 'isFlat'> {
  const [tokens, dims] = innerOf(axes, what);
  const outer = axes?.slice(0, -2) ?? [];
  const isFlat = outer.length === 1;
  const [batch, heads, ...more] = outer.flat();
  const isAttention = (isFlat || outer.every((atoms) => atoms.length === 1)) && more.length === 0;
  if (
    !isAttention ||
    batch?.kind !== 'lead' ||
    heads?.kind !== 'part' ||
    tokens?.kind !== 'lead' ||
    dims?.kind !== 'part'
  ) {
    throw new Unmatched(`its ${what} are not [batch, heads, tokens, dims]`);
  }
  const columns = Array.from({ length: heads.extent * dims.extent }, (_, i) => columnOf(offset, heads, dims, i));
  return { columns, heads: heads.extent, dims: dims.extent, batch: batch.place, isFlat };
}

/** The last two axes, if each is one factor: tokens first. */
function innerOf(axes: Axes | undefined, what: BranchSide['what']): (Atom | undefined)[] {
  const inner = (axes ?? []).slice(-2).map((atoms) => (atoms.length === 1 ? atoms[0] : undefined));
  return what === 'queries' ? inner : inner.reverse();
}

function columnOf(offset: number, heads: Part, dims: Part, i: number): number {
  return offset + Math.floor(i / dims.extent) * heads.stride + (i % dims.extent) * dims.stride;
}

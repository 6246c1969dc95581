/** Attentions of a graph: which can share queries and keys, and why the others cannot. */
import type { Facts } from '../facts/facts.js';
import type { OnnxGraph } from '../model/graph.js';
import type { OnnxNode } from '../model/node.js';
import { branchTo } from './branch.js';
import { type AttentionEnds, type Onlookers, onlookers } from './onlookers.js';
import { scoreProduct } from './score-product.js';
import { fusedAttentions, Unmatched } from './unmatched.js';

/** An attention whose queries and keys can be shared among its heads. */
export interface AttentionMatch extends AttentionEnds, Onlookers {
  /** The module, as far as the names of nodes tell it. */
  readonly name: string;
  /** Why a bias of the keys cannot be left out; undefined where it can. */
  readonly shiftMatters: string | undefined;
}

/** An attention that stays as it is. */
export interface AttentionLeft {
  readonly name: string;
  readonly reason: string;
}

/** All attentions of a graph, in its order. */
export function attentionsOf(graph: OnnxGraph, facts: Facts, opset: number): (AttentionMatch | AttentionLeft)[] {
  const found: (AttentionMatch | AttentionLeft)[] = [];
  const products = new Set<OnnxNode>();
  const projections = new Set<OnnxNode>();
  for (const node of graph.nodes) {
    const reason = fusedReason(node);
    if (reason !== undefined) found.push({ name: scopeOf(node), reason });
    if (node.op !== 'Softmax') continue;
    let product: OnnxNode | undefined;
    try {
      const scores = scoreProduct(graph, facts, node, opset);
      product = scores?.product;
      if (scores === undefined || products.has(scores.product)) continue;
      products.add(scores.product);
      if (opset < 7) throw new Unmatched(`operations of version ${opset} do not broadcast`);
      const match = matched(graph, facts, scores.product);
      const own = [match.query, match.key].map(({ projection }) => projection.node);
      if (own.some((one) => projections.has(one))) throw new Unmatched('it shares projections with another attention');
      for (const one of own) projections.add(one);
      found.push({ ...match, shiftMatters: scores.shiftMatters });
    } catch (error) {
      if (!(error instanceof Unmatched)) throw error;
      found.push({ name: scopeOf(product ?? node), reason: error.message });
    }
  }
  return uniquelyNamed(found);
}

/** Why a node that is an attention, or holds one, stays; undefined for others. */
function fusedReason({ op, inner }: OnnxNode): string | undefined {
  if (fusedAttentions.has(op)) return `it is one ${op}, which takes keys and queries apart by head`;
  const within = inner.find((one) => one === 'Softmax' || fusedAttentions.has(one));
  return within === undefined ? undefined : `it lies in a graph within a node (${within} in ${op})`;
}

/** A module may hold more than one: those after the first get a number. */
function uniquelyNamed<T extends { readonly name: string }>(all: readonly T[]): T[] {
  const counts = new Map<string, number>();
  return all.map((one) => {
    const count = (counts.get(one.name) ?? 0) + 1;
    counts.set(one.name, count);
    return count === 1 ? one : { ...one, name: `${one.name} (${count})` };
  });
}

function matched(graph: OnnxGraph, facts: Facts, product: OnnxNode): Omit<AttentionMatch, 'shiftMatters'> {
  const [queryName = '', keyName = ''] = product.inputs;
  const query = branchTo(graph, facts, { what: 'queries', name: queryName });
  const key = branchTo(graph, facts, { what: 'keys', name: keyName });
  if (query.heads !== key.heads || query.dims !== key.dims || query.isFlat !== key.isFlat) {
    throw new Unmatched(`its queries have ${query.heads} heads of ${query.dims}, its keys ${key.heads} of ${key.dims}`);
  }
  if (query.projection.weight.type !== key.projection.weight.type) {
    throw new Unmatched('its queries and keys have other element types');
  }
  return { name: scopeOf(product), product, query, key, ...onlookers(graph, facts, { product, query, key }) };
}

/** The part of a node's name that its module gave it. */
function scopeOf({ name, op, outputs }: OnnxNode): string {
  const words = (name === '' ? (outputs[0] ?? op) : name).split('/').filter((word) => word !== '');
  return (words.length > 1 ? words.slice(0, -1) : words).join('/');
}

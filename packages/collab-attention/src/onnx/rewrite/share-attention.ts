/** One attention of a graph in its shared form: queries, keys and content biases in the places of the nodes that they replace. */
import type { AttentionMatch } from '../match/attention.js';
import type { Branch } from '../match/branch.js';
import type { OnnxNode } from '../model/node.js';
import type { ChainStep, NodePutter } from './node-putter.js';

/** Names of the weights of a shared form. */
export interface SharedWeightNames {
  readonly rank: number;
  /** [query width, R]. */
  readonly query: string;
  /** [key width, R]. */
  readonly key: string;
  /** [1, heads, 1, R]. */
  readonly mixing: string;
  /** [key width, heads]. */
  readonly contentBias: string | undefined;
}

/** Where the rows of a branch are in the new graph. */
export interface NewRows {
  /** What the projection gives, and each Reshape before heads are apart. */
  readonly rows: readonly string[];
  /** [rows, rows, 1, columns]. */
  readonly apart: string;
}

/** Puts the shared form of an attention into the graph: scores that are those of the old product, or near them. */
export function shareAttention(
  put: NodePutter,
  { product, query, key, between }: AttentionMatch,
  shared: SharedWeightNames,
): { readonly query: NewRows; readonly key: NewRows } {
  for (const node of [...query.nodes, ...key.nodes, ...between, product]) put.writer.remove(node);
  const newQuery = newRows(put, query, shared.query, shared.rank, 'query');
  const newKey = newRows(put, key, shared.key, shared.rank, 'key');
  // [batch, 1, queries, R] with the mixing of each head, times [batch, 1, R, keys].
  const queries = turned(put, product, newQuery, [query.batch, 2, 1 - query.batch, 3], 'query');
  const mixed = put.put(product, 'Mul', [queries, shared.mixing], 'query_mixed');
  const keys = turned(put, product, newKey, [key.batch, 2, 3, 1 - key.batch], 'key_transposed');
  const steps: ChainStep[] = [{ op: 'MatMul', inputs: () => [mixed, keys] }];
  if (shared.contentBias !== undefined) {
    const rows = newRows(put, key, shared.contentBias, key.heads, 'content_bias');
    const bias = turned(put, product, rows, [key.batch, 3, 2, 1 - key.batch], 'content_bias');
    steps.push({ op: 'Add', inputs: (scores) => [scores, bias] });
  }
  if (query.isFlat) steps.push(flatStep(put, product));
  put.chain(product, steps, product.outputs[0] as string);
  return { query: newQuery, key: newKey };
}

/** A projection with another weight, and its Reshapes. */
function newRows(
  put: NodePutter,
  { projection, last }: Branch,
  weight: string,
  columns: number,
  name: string,
): NewRows {
  const { reshapes, merged } = last.layout;
  const rows = [put.put(projection.node, 'MatMul', [projection.input, weight], `${name}_rows`)];
  const reshaped = (reshape: OnnxNode, tail: readonly number[], leads: number, by: number): string => {
    const { op, inputs, attributes } = put.reshapeStep(reshape, reshape, { leads, merged: by, tail });
    return put.put(reshape, op, inputs(rows.at(-1) as string), `${name}_rows`, attributes);
  };
  for (const reshape of reshapes.slice(0, -1)) rows.push(reshaped(reshape, [columns], put.rowLeads(reshape), 1));
  return { rows, apart: reshaped(reshapes.at(-1) as OnnxNode, [1, columns], 2, merged) };
}

function turned(put: NodePutter, place: OnnxNode, { apart }: NewRows, perm: readonly number[], name: string): string {
  return put.put(place, 'Transpose', [apart], `${name}_heads`, { perm });
}

/** [batch, heads, queries, keys] -> [batch heads, queries, keys]. */
function flatStep(put: NodePutter, place: OnnxNode): ChainStep {
  return {
    op: 'Reshape',
    inputs(scores) {
      const shape = put.put(place, 'Shape', [scores], 'extents');
      const last = put.elements(place, shape, [2, 3]);
      return [scores, put.put(place, 'Concat', [put.writer.vector([-1]), last], 'shape', { axis: 0 })];
    },
  };
}

/** What looked at queries and keys that are gone: their shapes, and values that the same projection gave. */

import { partsOf, type Remainder, type ShapeLook } from '../match/onlookers.js';
import type { Atom, Axes } from '../match/regroup.js';
import type { OnnxNode } from '../model/node.js';
import type { ChainStep, NodePutter } from './node-putter.js';
import type { NewRows } from './share-attention.js';

/** The shape that a value had, for who asks. */
export function putShape(
  put: NodePutter,
  { node, value: { layout }, rank }: ShapeLook,
  { rows, apart }: NewRows,
): void {
  const { axes, columns, reshapes } = layout;
  const source = axes === undefined ? (rows[reshapes.length] as string) : apart;
  const from = put.put(node, 'Shape', [source], 'extents');
  const { attributes, outputs } = node;
  if (rank === undefined) {
    const lead = put.allButLast(node, from);
    put.writer.put(node, 'Concat', [lead, put.writer.vector([columns])], outputs[0] as string, { axis: 0 });
    return;
  }
  const asked = Array.from({ length: rank }, (_, axis) => axis);
  const extents = asked.slice(attributes.integer('start', 0), attributes.integer('end', rank)).map((axis) => {
    if (axes !== undefined) return extentOf(put, node, from, axes[axis] ?? []);
    return axis === rank - 1 ? put.writer.vector([columns]) : put.elements(node, from, [axis]);
  });
  put.writer.put(node, 'Concat', extents, outputs[0] as string, { axis: 0 });
}

/** The product of factors. @param from the shape of which rows are the first two */
function extentOf(put: NodePutter, place: OnnxNode, from: string, atoms: readonly Atom[]): string {
  const number = atoms.reduce((product, atom) => product * (atom.kind === 'part' ? atom.extent : 1), 1);
  const leads = atoms.flatMap((atom) => (atom.kind === 'lead' ? [put.elements(place, from, [atom.place])] : []));
  const factors = number === 1 && leads.length > 0 ? leads : [...leads, put.writer.vector([number])];
  return factors.reduce((a, b) => put.put(place, 'Mul', [a, b], 'extents'));
}

/** Names of a weight and its bias. */
export interface MapNames {
  readonly weight: string;
  readonly bias: string | undefined;
}

/** Values, by a projection of their own: what was taken of all columns is computed of those alone. */
export function putRemainder(
  put: NodePutter,
  { name, node, projection, layout, columns }: Remainder,
  { weight, bias }: MapNames,
): void {
  put.writer.remove(node);
  const { axes, reshapes, merged } = layout;
  const steps: ChainStep[] = [{ op: 'MatMul', inputs: () => [projection.input, weight] }];
  if (bias !== undefined) steps.push({ op: 'Add', inputs: (rows) => [rows, bias] });
  for (const reshape of axes === undefined ? reshapes : reshapes.slice(0, -1)) {
    const wanted = { leads: put.rowLeads(reshape), merged: 1, tail: [columns.length] };
    steps.push(put.reshapeStep(node, reshape, wanted));
  }
  if (axes !== undefined) {
    const { tail, perm } = apart(axes);
    steps.push(put.reshapeStep(node, reshapes.at(-1) as OnnxNode, { leads: 2, merged, tail }));
    steps.push({ op: 'Transpose', inputs: (from) => [from], attributes: { perm } });
  }
  put.chain(node, steps, name);
}

/** Extents after the two of rows, and how all are turned into axes that are one factor or none each. */
function apart(axes: Axes): {
  readonly tail: readonly number[];
  readonly perm: readonly number[];
} {
  const parts = partsOf(axes);
  let empty = 2 + parts.length;
  const perm = axes.map(([atom]) => {
    if (atom === undefined) return empty++;
    return atom.kind === 'lead' ? atom.place : 2 + parts.indexOf(atom);
  });
  const ones = new Array<number>(empty - 2 - parts.length).fill(1);
  return { tail: [...parts.map(({ extent }) => extent), ...ones], perm };
}

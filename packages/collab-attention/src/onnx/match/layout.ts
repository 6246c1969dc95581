/** How the axes of a value lie in the rows and columns of the projection that it comes from. */
import type { Facts } from '../facts/facts.js';
import { numbersIn, sliceOf } from '../facts/known.js';
import { numberOf } from '../facts/size.js';
import type { OnnxNode } from '../model/node.js';
import { type Atom, type Axes, headsApart, type Part, regrouped } from './regroup.js';
import { Unmatched } from './unmatched.js';

/** Where a value stands. */
export interface Layout {
  /** Columns that it consists of begin here. */
  readonly offset: number;
  /** Rows as they come, and so many columns in a row: before heads are apart. */
  readonly columns: number;
  /** Each axis as factors of rows and columns; undefined before heads are apart. */
  readonly axes: Axes | undefined;
  /** The Reshapes so far, the last of which takes heads apart once there are axes. */
  readonly reshapes: readonly OnnxNode[];
  /** Heads that the second axis of that Reshape has beside rows. */
  readonly merged: number;
}

/** All columns of a projection. */
export function wholeLayout(columns: number): Layout {
  return { offset: 0, columns, axes: undefined, reshapes: [], merged: 1 };
}

/** The layout of a result of a node, by its place among the results. @param what 'queries' or 'keys' @throws {Unmatched} */
export function nextLayout(layout: Layout, node: OnnxNode, place: number, facts: Facts, what: string): Layout {
  const rule = rules[node.op as keyof typeof rules];
  if (rule === undefined) throw new Unmatched(`its ${what} go through ${node.op}`);
  const next = rule(layout, node, facts, place);
  if (next === undefined) throw new Unmatched(`heads of its ${what} are taken apart in an unknown way (${node.op})`);
  return next;
}

type Rule = (layout: Layout, node: OnnxNode, facts: Facts, place: number) => Layout | undefined;

const same: Rule = (layout) => layout;

const rules = {
  Add: same,
  Mul: same,
  Div: same,
  Identity: same,
  Dropout: same,
  Transpose(layout, { attributes }) {
    const perm = attributes.integers('perm') ?? layout.axes?.map((_, axis, { length }) => length - 1 - axis);
    const axes = perm?.map((axis) => layout.axes?.[axis]);
    if (axes?.length !== layout.axes?.length || axes?.every((axis) => axis !== undefined) !== true) return undefined;
    return { ...layout, axes };
  },
  Reshape(layout, node, facts) {
    const wanted = facts.shape(node.outputs[0] as string);
    if (wanted === undefined) return undefined;
    if (layout.axes !== undefined) {
      const axes = regrouped(layout.axes, wanted, node.outputs[0] as string);
      return axes && { ...layout, axes };
    }
    const reshapes = [...layout.reshapes, node];
    const isStillRows = wanted.length <= 3 && numberOf(wanted.at(-1)) === layout.columns;
    if (isStillRows) return { ...layout, reshapes };
    const apart = headsApart(layout.columns, wanted);
    return apart && { ...layout, reshapes, ...apart };
  },
  Split(layout, node, facts, place) {
    const inputs = facts.inputsOf(node);
    const { attributes, outputs } = node;
    const taken = axisOf(layout, attributes.integer('axis', 0), inputs.shape(0)?.length);
    if (taken === undefined) return undefined;
    const { extent } = taken;
    const sizes = attributes.integers('split') ?? numbersIn(inputs.value(1)) ?? equalParts(extent, outputs.length);
    if (sizes.reduce((a, b) => a + b, 0) !== extent || sizes.some((size) => size < 1)) return undefined;
    const from = sizes.slice(0, place).reduce((a, b) => a + b, 0);
    return piece(layout, taken, from, sizes[place] as number);
  },
  Slice(layout, node, facts) {
    const inputs = facts.inputsOf(node);
    const range = sliceOf(node.attributes, inputs);
    const taken = axisOf(layout, range?.axis, inputs.shape(0)?.length);
    if (range === undefined || taken === undefined) return undefined;
    const { extent } = taken;
    const at = (index: number): number => Math.min(Math.max(index < 0 ? index + extent : index, 0), extent);
    const [from, to] = [at(range.from), at(range.to)];
    return to > from ? piece(layout, taken, from, to - from) : undefined;
  },
  Gather(layout, node, facts) {
    const inputs = facts.inputsOf(node);
    const indices = inputs.value(1);
    const taken = axisOf(layout, node.attributes.integer('axis', 0), inputs.shape(0)?.length);
    const index = numberOf(indices?.elements[0]);
    if (taken?.axis === undefined || index === undefined || indices?.shape.length !== 0) return undefined;
    const from = index < 0 ? index + taken.extent : index;
    if (from < 0 || from >= taken.extent) return undefined;
    const one = piece(layout, taken, from, 1);
    return { ...one, axes: one.axes?.filter((_, axis) => axis !== taken.axis) };
  },
  Squeeze({ axes, ...layout }, node, facts) {
    const wanted = wantedAxes(node, facts);
    if (axes === undefined || wanted === undefined) return undefined;
    const gone = new Set(wanted.map((axis) => (axis < 0 ? axis + axes.length : axis)));
    if ([...gone].some((axis) => axes[axis]?.length !== 0)) return undefined;
    return { ...layout, axes: axes.filter((_, axis) => !gone.has(axis)) };
  },
  Unsqueeze({ axes, ...layout }, node, facts) {
    const wanted = wantedAxes(node, facts);
    if (axes === undefined || wanted === undefined) return undefined;
    const rank = axes.length + wanted.length;
    const fresh = new Set(wanted.map((axis) => (axis < 0 ? axis + rank : axis)));
    const rest = [...axes];
    const next = Array.from({ length: rank }, (_, axis) => (fresh.has(axis) ? [] : (rest.shift() ?? [])));
    return { ...layout, axes: next };
  },
} satisfies Readonly<Record<string, Rule>>;

/** The axes that a Squeeze or Unsqueeze names. */
function wantedAxes(node: OnnxNode, facts: Facts): readonly number[] | undefined {
  return node.attributes.integers('axes') ?? numbersIn(facts.inputsOf(node).value(1));
}

/** What a node takes some of. */
interface Taken {
  /** Undefined for the columns before heads are apart. */
  readonly axis: number | undefined;
  readonly extent: number;
}

/** An axis that is one factor of the columns, or all columns; undefined for others. */
function axisOf({ axes, columns }: Layout, axis: number | undefined, rank: number | undefined): Taken | undefined {
  if (axis === undefined) return undefined;
  if (axes === undefined) {
    const isLast = axis === -1 || (rank !== undefined && axis === rank - 1);
    return isLast ? { axis: undefined, extent: columns } : undefined;
  }
  const place = axis < 0 ? axis + axes.length : axis;
  const [atom, ...more] = axes[place] ?? [];
  return atom?.kind === 'part' && more.length === 0 ? { axis: place, extent: atom.extent } : undefined;
}

function equalParts(extent: number, count: number): number[] {
  return extent % count === 0 ? new Array<number>(count).fill(extent / count) : [];
}

/** Some of an axis, or of the columns. One of an axis leaves nothing of its factor. */
function piece(layout: Layout, { axis }: Taken, from: number, count: number): Layout {
  const { axes, offset } = layout;
  if (axis === undefined || axes === undefined) return { ...layout, offset: offset + from, columns: count };
  const [part] = axes[axis] as readonly [Part];
  const left: readonly Atom[] = count === 1 ? [] : [{ ...part, extent: count }];
  return { ...layout, offset: offset + from * part.stride, axes: axes.map((atoms, i) => (i === axis ? left : atoms)) };
}

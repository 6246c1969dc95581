/** Factors of rows and columns, and how a Reshape spreads them over axes. */
import { dividedSize, isSameSize, numberOf, productOf, type Size, sizeOf, unknownSize } from '../facts/size.js';

/** A factor of the rows: the batch or the tokens. */
interface Lead {
  readonly kind: 'lead';
  /** Its place among the rows. */
  readonly place: 0 | 1;
  readonly extent: Size;
}

/** A factor of the columns, such as the heads. */
export interface Part {
  readonly kind: 'part';
  readonly extent: number;
  /** Columns from one to the next. */
  readonly stride: number;
}

export type Atom = Lead | Part;

/** Each axis as factors, the last of them fastest. */
export type Axes = readonly (readonly Atom[])[];

/** What a Reshape that takes heads apart gives. */
export interface HeadsApart {
  readonly axes: Axes;
  /** Heads that the second axis has beside rows. */
  readonly merged: number;
}

/** Rows in two axes, then axes whose product is that of the columns; or the second axis has heads beside rows. */
export function headsApart(columns: number, wanted: readonly Size[]): HeadsApart | undefined {
  const parts: Part[] = [];
  let [stride, axis] = [1, wanted.length - 1];
  for (; axis > 1 && stride < columns; axis--) {
    const extent = numberOf(wanted[axis]);
    if (extent === undefined || extent < 1 || columns % (stride * extent) !== 0) break;
    parts.unshift({ kind: 'part', extent, stride });
    stride *= extent;
  }
  // One head has an axis of its own too.
  for (; axis > 1 && numberOf(wanted[axis]) === 1; axis--) parts.unshift({ kind: 'part', extent: 1, stride });
  if (axis !== 1 || parts.length === 0) return undefined;
  const merged = columns / stride;
  const tokens = dividedSize(wanted[1] as Size, merged);
  if (tokens === undefined) return undefined;
  const leads = [lead(0, wanted[0] as Size), lead(1, tokens)] as const;
  const beside: readonly Atom[] = merged > 1 ? [leads[1], { kind: 'part', extent: merged, stride }] : [leads[1]];
  return { merged, axes: [[leads[0]], beside, ...parts.map((part) => [part])] };
}

function lead(place: 0 | 1, extent: Size): Lead {
  return { kind: 'lead', place, extent };
}

/** The same factors in other axes, if there is one way only. */
export function regrouped(axes: Axes, wanted: readonly Size[], name: string): Axes | undefined {
  const atoms = axes.flat();
  const group = (axis: number, from: number, least: number): Atom[][][] => {
    if (axis === wanted.length) return from === atoms.length ? [[]] : [];
    const ways: Atom[][][] = [];
    for (let to = from + least; to <= atoms.length; to++) {
      const taken = atoms.slice(from, to);
      if (!fits(taken, wanted[axis] as Size, unknownSize(name, axis))) continue;
      ways.push(...group(axis + 1, to, least).map((rest) => [taken, ...rest]));
    }
    return ways;
  };
  // A handful of factors and axes: few ways to try.
  if (atoms.length > 6 || wanted.length > 6) return undefined;
  const full = group(0, 0, 1);
  const found = full.length > 0 ? full : group(0, 0, 0);
  return found.length === 1 ? found[0] : undefined;
}

/** @param open what stands for an extent of which nothing is known */
function fits(atoms: readonly Atom[], wanted: Size, open: Size): boolean {
  if (isSameSize(wanted, open)) return atoms.length > 0;
  const extent = productOf(atoms.map((atom) => (atom.kind === 'part' ? sizeOf(atom.extent) : atom.extent)));
  return extent !== undefined && isSameSize(extent, wanted);
}

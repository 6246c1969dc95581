/** Plans of attention together with what its tables encode: the coordinates of their rows, and poses. */
import { OptionError } from '@saccade/tensor';
import type { AttentionPlan } from '../attention/plan.js';
import type { Group } from '../groups/group.js';
import type { PlaneMatrix } from '../groups/plane-matrix.js';
import { distinct } from './distinct.js';
import { exactGroupIndex, type GroupIndex } from './group-index.js';
import type { Neighbourhood } from './neighbourhood.js';
import { featuresOf, seenFrom } from './pose.js';
import { exactPositions, type Positions, positionsAt, releasedPositions } from './positions.js';
import { type ReleaseName, releasedGroupIndex, releaseOn } from './released.js';

/** Which positions and group indices a layer reads. 'exact' makes it equivariant; the others are the released codes', which are not. */
export type Encoding = 'exact' | ReleaseName;

/** A plan, and what stands in its tables. */
export interface EncodedPlan {
  readonly plan: AttentionPlan;
  /** Coordinate of each row of the table of row encodings. */
  readonly rows: Float32Array;
  /** Coordinate of each row of the table of column encodings. */
  readonly columns: Float32Array;
  /** [entries, features]: poses that the group table's rows encode, where it is a network; none where it is learned entry by entry. */
  readonly poses?: Float32Array | undefined;
}

/** What plans follow from. */
export interface PlanSpec {
  readonly group: Group;
  readonly encoding: Encoding;
  readonly neighbourhood: Neighbourhood;
}

/** How the group's part of a plan is made. */
export interface GroupSpec {
  readonly index: GroupIndex;
  /** A network of the poses instead of a table. */
  readonly fourier: boolean;
}

/** From an image to features over the group: one output an element. @throws {OptionError} for a release on a group that it has not */
export function liftingPlan(op: string, { group, encoding, neighbourhood }: PlanSpec): EncodedPlan {
  return encoded(positionsOf(op, group, encoding, neighbourhood), neighbourhood, [group.order, 1, 1]);
}

/** From an image to features at any poses. */
export function liftingPlanAt(poses: readonly PlaneMatrix[], neighbourhood: Neighbourhood): EncodedPlan {
  return encoded(positionsAt(poses, neighbourhood), neighbourhood, [poses.length, 1, 1]);
}

/** From features over the group to the same. @throws {OptionError} for a release on a group that it has not */
export function groupPlan(op: string, spec: PlanSpec, { index, fourier }: GroupSpec): EncodedPlan {
  const { group, encoding, neighbourhood } = spec;
  const { order } = group;
  const exact = encoding === 'exact';
  const groupIndex = exact ? exactGroupIndex(index, group) : releasedGroupIndex(releaseOn(op, encoding, group));
  const made = encoded(positionsOf(op, group, encoding, neighbourhood), neighbourhood, [order, order, order]);
  const plan = { ...made.plan, groupIndex };
  return fourier ? { ...made, plan, poses: posesOfEntries(index, group) } : { ...made, plan };
}

/**
 * From features over the group to features at any poses. Keys and queries stay the group's.
 * @throws {OptionError} for a table of elements that has no row for such poses
 */
export function groupPlanAt(
  op: string,
  spec: PlanSpec,
  poses: readonly PlaneMatrix[],
  { index, fourier }: GroupSpec,
): EncodedPlan {
  const { group, neighbourhood } = spec;
  if (!fourier && index !== 'relative') {
    throw new OptionError(
      `${op}: a table of the elements of ${group.name} has no row for other poses; build the layer with groupEncoding: 'fourier', or groupIndex: 'relative'`,
    );
  }
  const made = encoded(positionsAt(poses, neighbourhood), neighbourhood, [poses.length, group.order, group.order]);
  const entries = entriesAt(poses, group, index);
  const plan = { ...made.plan, groupIndex: entries.index };
  return fourier ? { ...made, plan, poses: entries.features } : { ...made, plan };
}

/** Group indices [V, G, M] into poses seen from any poses, and what these are. */
function entriesAt(
  outputs: readonly PlaneMatrix[],
  group: Group,
  index: GroupIndex,
): { readonly index: Int32Array; readonly features: Float32Array } {
  const { order, matrices } = group;
  const byQuery = (g: number, m: number): number => group.multiply(group.inverse(g), m);
  const rows: number[] = [];
  for (let v = 0; v < outputs.length; v++) {
    for (let g = 0; g < order; g++) {
      for (let m = 0; m < order; m++) {
        const [byOutput, relative] = [v * order + m, byQuery(g, m)];
        rows.push(index === 'keyPose' ? byOutput : index === 'relative' ? relative : byOutput * order + relative);
      }
    }
  }
  const single = matrices.map(featuresOf);
  const seen = outputs.flatMap((output) => matrices.map((matrix) => featuresOf(seenFrom(output, matrix))));
  const features = index === 'relative' ? single : index === 'keyPose' ? seen : pairsOf(seen, single);
  return { index: Int32Array.from(rows), features: Float32Array.from(features.flat()) };
}

type Features = readonly number[];

/** Each of the first with each of the second. */
function pairsOf(first: readonly Features[], second: readonly Features[]): readonly Features[] {
  return first.flatMap((one) => second.map((other) => [...one, ...other]));
}

/** The poses of the table's rows: those of the elements, or of all pairs of them. */
function posesOfEntries(index: GroupIndex, { matrices }: Group): Float32Array {
  const single = matrices.map(featuresOf);
  return Float32Array.from((index === 'pair' ? pairsOf(single, single) : single).flat());
}

function positionsOf(op: string, group: Group, encoding: Encoding, neighbourhood: Neighbourhood): Positions {
  if (encoding === 'exact') return exactPositions(group, neighbourhood);
  return releasedPositions(releaseOn(op, encoding, group), neighbourhood);
}

function encoded(
  positions: Positions,
  { offsets, window }: Neighbourhood,
  [outputs, queries, keys]: readonly [number, number, number],
): EncodedPlan {
  const [rows, columns] = [distinct(positions.rows), distinct(positions.columns)];
  const plan = { outputs, queries, keys, offsets, rowIndex: rows.index, columnIndex: columns.index, window };
  return { plan, rows: rows.values, columns: columns.values };
}

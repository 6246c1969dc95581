/** Which entries of which tensors are compressed together. */
import { OptionError, type Tensor } from '@saccade/tensor';
import type { Settings } from './settings.js';

/** A piece of a tensor in a group. */
export interface Part {
  /** Of the tensor. */
  readonly name: string;
  /** First entry within the tensor. */
  readonly from: number;
  /** First entry within the group. */
  readonly at: number;
  readonly length: number;
}

/** Entries that make one vector, and one message. */
export interface Group {
  readonly parts: readonly Part[];
  readonly length: number;
  /** Whether it goes uncompressed. */
  readonly dense: boolean;
  /** The tensor's extents as a matrix: all axes but the last, and the last. Of groups of one whole tensor. */
  readonly matrix?: { readonly rows: number; readonly columns: number };
}

/** Whether a group is one tensor, whole, so that nothing needs to be copied together. */
export function isWhole({ matrix }: Group): boolean {
  return matrix !== undefined;
}

type Parameters = ReadonlyMap<string, Tensor>;
type Sized = readonly [name: string, size: number];

/**
 * The groups of all parameters in an order that is the same wherever the model is. Tensors without entries are in none. @throws {OptionError} if
 * all are
 */
export function groupsOf(parameters: Parameters, settings: Settings): Group[] {
  const { group, denseBelow, feedback, powerRank } = settings;
  const isPower = feedback === 'power';
  const all = [...parameters].filter(([, t]) => t.size > 0);
  if (all.length === 0) throw new OptionError('DistributedOptimizer: no parameter has entries');
  const isSmall = ([, t]: readonly [string, Tensor]): boolean =>
    t.size < denseBelow || (isPower && !savesAsMatrix(t, powerRank));
  const sizes = (list: readonly (readonly [string, Tensor])[]): Sized[] => list.map(([name, t]) => [name, t.size]);
  const large = all.filter((entry) => !isSmall(entry));
  const small = together(sizes(all.filter(isSmall)), true);
  if (group === 'layer') return [...large.map(wholeTensor), ...small];
  const flat = together(sizes(large), false);
  return [...(group === 'global' ? flat : flat.flatMap((one) => buckets(one, group.bucket))), ...small];
}

/** Whether two thin matrices are less than the tensor. */
function savesAsMatrix(t: Tensor, powerRank: number): boolean {
  const { rows, columns } = matrixOf(t);
  return t.rank >= 2 && (rows + columns) * Math.min(powerRank, rows, columns) < t.size;
}

function matrixOf(t: Tensor): { readonly rows: number; readonly columns: number } {
  const columns = t.shape.at(-1) ?? 1;
  return { rows: t.size / columns, columns };
}

function wholeTensor([name, t]: readonly [string, Tensor]): Group {
  return { parts: [{ name, from: 0, at: 0, length: t.size }], length: t.size, dense: false, matrix: matrixOf(t) };
}

/** One group of all, or none of nothing. */
function together(tensors: readonly Sized[], dense: boolean): Group[] {
  let length = 0;
  const parts = tensors.map(([name, size]) => {
    length += size;
    return { name, from: 0, at: length - size, length: size };
  });
  return length === 0 ? [] : [{ parts, length, dense }];
}

/** A group cut into pieces of `size` entries; the last may be shorter. */
function buckets({ parts, length, dense }: Group, size: number): Group[] {
  return Array.from({ length: Math.ceil(length / size) }, (_, i) => {
    const start = i * size;
    const end = Math.min(length, start + size);
    const cut = parts.flatMap((part) => {
      const from = Math.max(start, part.at);
      const to = Math.min(end, part.at + part.length);
      return from < to
        ? [{ name: part.name, from: part.from + from - part.at, at: from - start, length: to - from }]
        : [];
    });
    return { parts: cut, length: end - start, dense };
  });
}

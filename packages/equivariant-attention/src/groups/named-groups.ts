/** The groups of the paper: rotations by equal parts of a turn, with and without a mirror. */
import { OptionError, quote, requireCount } from '@saccade/tensor';
import { maxOrder } from './axioms.js';
import { Group, type GroupOptions } from './group.js';
import { type PlaneMatrix, product, rotationMatrix } from './plane-matrix.js';

/** (row, column) -> (row, -column). */
const mirror: PlaneMatrix = [
  [1, 0],
  [0, -1],
];

/** Rotations by multiples of 1 / n of a turn, counter-clockwise as images are shown: SE2(n). @throws {OptionError} unless n is a whole number from 1 to 256 */
export function rotations(n: number, name?: string): Group {
  requireCount('rotations', 'n', n, 1, maxOrder);
  const elements = Array.from({ length: n }, (_, k) => k);
  return new Group({
    name: name ?? `c${n}`,
    table: elements.map((k) => elements.map((l) => (k + l) % n)),
    matrices: elements.map((k) => rotationMatrix(k, n)),
  });
}

/**
 * The same with a mirror: E2(2 n). Elements 0 to n - 1 are rotations, n to 2 n - 1 the mirror of the columns and then a rotation.
 * @throws {OptionError} unless n is a whole number from 1 to 128
 */
export function rotationsAndMirrors(n: number, name?: string): Group {
  requireCount('rotationsAndMirrors', 'n', n, 1, maxOrder / 2);
  const elements = Array.from({ length: 2 * n }, (_, i) => ({ k: i % n, s: i < n ? 0 : 1 }));
  // (k, s)(l, t) = (k + (-1)^s l, s + t).
  const times = (k: number, s: number, l: number, t: number): number =>
    ((k + (s === 0 ? l : n - l)) % n) + n * ((s + t) % 2);
  return new Group({
    name: name ?? `d${n}`,
    table: elements.map(({ k, s }) => elements.map(({ k: l, s: t }) => times(k, s, l, t))),
    matrices: elements.map(({ k, s }) => (s === 0 ? rotationMatrix(k, n) : product(rotationMatrix(k, n), mirror))),
  });
}

/** Names of groups. */
export type GroupName = 'z2' | 'p4' | 'p8' | 'p12' | 'p16' | 'mz2' | 'p4m' | 'p8m';

/** z2: translations alone. p4, p8, p12, p16: rotations. mz2, p4m, p8m: with mirrors. */
export const groups: { readonly [name in GroupName]: Group } = {
  z2: rotations(1, 'z2'),
  p4: rotations(4, 'p4'),
  p8: rotations(8, 'p8'),
  p12: rotations(12, 'p12'),
  p16: rotations(16, 'p16'),
  mz2: rotationsAndMirrors(1, 'mz2'),
  p4m: rotationsAndMirrors(4, 'p4m'),
  p8m: rotationsAndMirrors(8, 'p8m'),
};

/**
 * A group by its name, or out of JSON, which is checked as any other.
 * @throws {OptionError} for a name that there is not, and for what is no group
 */
export function groupOf(value: GroupName | Group | GroupOptions): Group {
  if (value instanceof Group) return value;
  if (typeof value !== 'string') return new Group(value);
  if (Object.hasOwn(groups, value)) return groups[value];
  throw new OptionError(
    `groupOf: there is no group ${quote(value)}; there are ${Object.keys(groups).join(', ')}, or pass a Group`,
  );
}

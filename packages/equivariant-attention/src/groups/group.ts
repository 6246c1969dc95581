/** A finite group of rotations and mirrors of the plane: its table and its matrices, proved to be one. */
import { checkOptions, OptionError, quote } from '@saccade/tensor';
import { checkAxioms } from './axioms.js';
import { isClose, isSignedPermutation, type PlaneMatrix, snapped } from './plane-matrix.js';

/** What a group is made of. */
export interface GroupOptions {
  readonly name: string;
  /** `table[a][b]` is the element a b, at most 256 elements. Element 0 need not be the identity. */
  readonly table: readonly (readonly number[])[];
  /** What each element does with (row, column). Entries within 1e-12 of 0, 1 and -1 become these. */
  readonly matrices: readonly PlaneMatrix[];
}

/** Where a subgroup lies. */
export interface Within {
  readonly group: Group;
  /** What each element of the subgroup is there. */
  readonly elements: readonly number[];
}

/** A finite group that acts on the plane. Elements are numbers from 0. */
export class Group {
  readonly name: string;
  /** Number of elements. */
  readonly order: number;
  readonly identity: number;
  readonly matrices: readonly PlaneMatrix[];
  /** The elements whose matrices map pixels to pixels: quarter turns and mirrors along axes and diagonals. */
  readonly latticeElements: readonly number[];
  /** Of a subgroup: the group that it was taken from. */
  readonly within: Within | undefined;
  readonly #table: readonly (readonly number[])[];
  readonly #inverses: readonly number[];

  /**
   * @param within of what `subgroup` makes @throws {OptionError} that says which axiom fails where: closure, associativity, identity, inverses, or matrices that are not orthogonal or do not multiply as their elements do
   *   (to 1e-12)
   */
  constructor(options: GroupOptions, within?: Within) {
    const { name, table, matrices } = checkOptions('Group', options, ['name', 'table', 'matrices']);
    if (typeof name !== 'string' || name === '' || name.length > 200) {
      throw new OptionError(`Group: expected a name of 1 to 200 letters, got ${quote(name)}`);
    }
    const { identity, inverses } = checkAxioms(name, table, matrices);
    this.name = name;
    this.order = table.length;
    this.identity = identity;
    this.matrices = matrices.map(snapped);
    this.latticeElements = this.matrices.flatMap((matrix, a) => (isSignedPermutation(matrix) ? [a] : []));
    this.within = within;
    this.#inverses = inverses;
    this.#table = table.map((row) => [...row]);
  }

  /** a b, which acts as b does and then as a. @throws {OptionError} for what is no element */
  multiply(a: number, b: number): number {
    return (this.#table[this.#element(a)] as readonly number[])[this.#element(b)] as number;
  }

  /** a^-1. @throws {OptionError} for what is no element */
  inverse(a: number): number {
    return this.#inverses[this.#element(a)] as number;
  }

  /** Whether elements multiply among themselves; of a finite group they are then a group. @throws {OptionError} for what is no element */
  isSubgroup(elements: readonly number[]): boolean {
    const own = this.#distinct(elements);
    return own.length > 0 && this.#leaving(own) === undefined;
  }

  /**
   * The group of some elements, in the order of their numbers; `within` tells which they are here.
   * @throws {OptionError} for what is no element, and unless they multiply among themselves
   */
  subgroup(elements: readonly number[], name?: string): Group {
    const own = this.#distinct(elements);
    const leaving = this.#leaving(own);
    if (own.length === 0 || leaving !== undefined) {
      const [a, b] = leaving ?? [];
      const got = leaving === undefined ? 'none' : `${a} ${b} is ${this.multiply(a as number, b as number)}`;
      throw new OptionError(
        `Group.subgroup: expected elements of ${this.name} that multiply among themselves, got ${quote(elements)}: ${got}`,
      );
    }
    const place = new Map(own.map((a, i) => [a, i]));
    const table = own.map((a) => own.map((b) => place.get(this.multiply(a, b)) as number));
    const options = {
      name: name ?? `${this.name}{${own}}`.slice(0, 200),
      table,
      matrices: own.map((a) => this.matrices[a] as PlaneMatrix),
    };
    return new Group(options, { group: this, elements: own });
  }

  /** What each element is in another group: that of which this is a subgroup, one with the same table, or one where no two elements have the same matrix. Else undefined. */
  numbersIn(whole: Group): readonly number[] | undefined {
    if (this.equals(whole)) return this.matrices.map((_, a) => a);
    if (this.within !== undefined) {
      const outer = this.within.group.numbersIn(whole);
      if (outer !== undefined) return this.within.elements.map((a) => outer[a] as number);
    }
    const places = this.matrices.map((matrix) =>
      whole.matrices.flatMap((other, b) => (isClose(matrix, other) ? [b] : [])),
    );
    return places.every((found) => found.length === 1) ? places.map(([found]) => found as number) : undefined;
  }

  /** Whether another group has the same elements in the same order: table and matrices. */
  equals(other: Group): boolean {
    if (other === this) return true;
    if (other.order !== this.order || !this.matrices.every((matrix, a) => isClose(matrix, other.matrices[a]!))) {
      return false;
    }
    return this.#table.every((row, a) => row.every((c, b) => c === other.multiply(a, b)));
  }

  /** Name, table and matrices, from which the constructor makes the group again. */
  toJSON(): GroupOptions {
    return { name: this.name, table: this.#table.map((row) => [...row]), matrices: this.matrices };
  }

  #element(a: number): number {
    if (Number.isSafeInteger(a) && a >= 0 && a < this.order) return a;
    throw new OptionError(`Group: ${this.name} has elements 0 to ${this.order - 1}, got ${quote(a)}`);
  }

  #distinct(elements: readonly number[]): number[] {
    if (!Array.isArray(elements)) throw new OptionError(`Group: expected elements, got ${quote(elements)}`);
    return [...new Set((elements as readonly number[]).map((a) => this.#element(a)))].sort((a, b) => a - b);
  }

  /** Two elements whose product is another. */
  #leaving(own: readonly number[]): readonly [number, number] | undefined {
    const inside = new Set(own);
    for (const a of own) {
      const b = own.find((other) => !inside.has(this.multiply(a, other)));
      if (b !== undefined) return [a, b];
    }
    return undefined;
  }
}

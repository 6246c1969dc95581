/** The proof that a table and matrices make a group: every axiom, checked in whole numbers and to 1e-12, with what fails where. */
import { OptionError, quote } from '@saccade/tensor';
import { isClose, type PlaneMatrix, product, transposed } from './plane-matrix.js';

/** Elements that a group may have: the proof of associativity takes the cube of it. */
export const maxOrder = 256;

/** Products of elements. */
export type Table = readonly (readonly number[])[];

/** What the table tells besides. */
export interface Axioms {
  readonly identity: number;
  readonly inverses: readonly number[];
}

/** @throws {OptionError} that names the axiom: closure, identity, inverses, associativity, or what is wrong with the matrices */
export function checkAxioms(name: string, table: Table, matrices: readonly PlaneMatrix[]): Axioms {
  requireClosed(name, table);
  const identity = identityOf(name, table);
  const inverses = inversesOf(name, table, identity);
  requireAssociative(name, table);
  requireOrthogonal(name, table.length, matrices);
  requireHomomorphism(name, table, matrices);
  return { identity, inverses };
}

function fail(name: string, what: string): never {
  throw new OptionError(`Group: ${name}: ${what}`);
}

function requireClosed(name: string, table: Table): void {
  if (!Array.isArray(table) || table.length === 0) fail(name, `expected a table of products, got ${quote(table)}`);
  const order = table.length;
  if (order > maxOrder) fail(name, `a group may have ${maxOrder} elements, got ${order}`);
  for (const [a, row] of table.entries()) {
    if (!Array.isArray(row) || row.length !== order) {
      fail(name, `the table must be square, its row ${a} must have ${order} entries, got ${quote(row)}`);
    }
    for (let b = 0; b < order; b++) {
      const c: unknown = row[b];
      if (Number.isSafeInteger(c) && (c as number) >= 0 && (c as number) < order) continue;
      fail(name, `not closed: the product of ${a} and ${b} is ${quote(c)}, no element from 0 to ${order - 1}`);
    }
  }
}

function identityOf(name: string, table: Table): number {
  const found = table.findIndex((row, e) => row.every((c, b) => c === b && table[b]![e] === b));
  return found < 0 ? fail(name, 'no element is the identity') : found;
}

function inversesOf(name: string, table: Table, identity: number): number[] {
  return table.map((row, a) => {
    const inverse = row.findIndex((c, b) => c === identity && table[b]![a] === identity);
    return inverse < 0 ? fail(name, `element ${a} has no inverse`) : inverse;
  });
}

function requireAssociative(name: string, table: Table): void {
  for (const [a, row] of table.entries()) {
    for (const [b, ab] of row.entries()) {
      for (const [c, bc] of table[b]!.entries()) {
        const [left, right] = [table[ab]![c]!, row[bc]!];
        if (left !== right) fail(name, `not associative: (${a} ${b}) ${c} is ${left}, ${a} (${b} ${c}) is ${right}`);
      }
    }
  }
}

const unit: PlaneMatrix = [
  [1, 0],
  [0, 1],
];

function requireOrthogonal(name: string, order: number, matrices: readonly PlaneMatrix[]): void {
  if (!Array.isArray(matrices) || matrices.length !== order) {
    fail(name, `expected ${order} matrices, one an element, got ${quote(matrices)}`);
  }
  for (const [a, matrix] of (matrices as readonly PlaneMatrix[]).entries()) {
    if (!isMatrix(matrix)) fail(name, `matrix ${a} must be [[a, b], [c, d]] on (row, column), got ${quote(matrix)}`);
    if (!isClose(product(matrix, transposed(matrix)), unit)) fail(name, `matrix ${a} is not orthogonal`);
  }
}

function isMatrix(value: unknown): value is PlaneMatrix {
  const pair = (list: unknown): list is unknown[] => Array.isArray(list) && list.length === 2;
  return pair(value) && value.every((row) => pair(row) && row.every((entry) => Number.isFinite(entry)));
}

function requireHomomorphism(name: string, table: Table, matrices: readonly PlaneMatrix[]): void {
  for (const [a, row] of table.entries()) {
    for (const [b, c] of row.entries()) {
      if (isClose(product(matrices[a]!, matrices[b]!), matrices[c]!)) continue;
      fail(name, `matrices ${a} and ${b} do not multiply to matrix ${c}, that of their product, within 1e-12`);
    }
  }
}

/** One line of a libsvm file, and the growing arrays that its numbers go to. */
import { FormatError, quote } from '@saccade/tensor';
import { parseDecimal } from './decimal.js';
import { grown } from './grown.js';

/** Rows of a sparse matrix that come one value at a time. */
export class SparseRows {
  #labels: Float32Array<ArrayBuffer> = new Float32Array(256);
  #rowStart: Int32Array<ArrayBuffer> = new Int32Array(256);
  #columns: Int32Array<ArrayBuffer> = new Int32Array(4096);
  #values: Float32Array<ArrayBuffer> = new Float32Array(4096);
  readonly #label: string;
  rows = 0;
  /** Values of all rows. */
  size = 0;
  /** The largest column so far, -1 if there is none. */
  maxColumn = -1;

  constructor(label: string) {
    this.#label = label;
  }

  add(column: number, value: number): void {
    if (this.size === this.#columns.length) {
      this.#columns = grown(this.#columns, 2 * this.size, this.#label);
      this.#values = grown(this.#values, 2 * this.size, this.#label);
    }
    this.#columns[this.size] = column;
    this.#values[this.size++] = value;
    if (column > this.maxColumn) this.maxColumn = column;
  }

  /** Brings the entries of the row that is not ended yet into ascending order, and adds up those of one column. */
  sortRow(): void {
    const from = this.#rowStart[this.rows]!;
    const columns = this.#columns.slice(from, this.size);
    const values = this.#values.slice(from, this.size);
    const order = Array.from(columns.keys()).sort((i, j) => columns[i]! - columns[j]! || i - j);
    this.size = from;
    let sum = 0;
    for (const [place, i] of order.entries()) {
      sum += values[i]!;
      if (columns[order[place + 1] ?? -1] === columns[i]) continue;
      this.add(columns[i]!, sum);
      sum = 0;
    }
  }

  /** Ends the row. */
  endRow(label: number): void {
    if (this.rows + 1 === this.#rowStart.length) {
      this.#labels = grown(this.#labels, 2 * this.#labels.length, this.#label);
      this.#rowStart = grown(this.#rowStart, 2 * this.#rowStart.length, this.#label);
    }
    this.#labels[this.rows++] = label;
    this.#rowStart[this.rows] = this.size;
  }

  clear(): void {
    this.rows = 0;
    this.size = 0;
  }

  /** Copies of the rows. */
  finish(): { labels: Float32Array; rowStart: Int32Array; columns: Int32Array; values: Float32Array } {
    return {
      labels: this.#labels.slice(0, this.rows),
      rowStart: this.#rowStart.slice(0, this.rows + 1),
      columns: this.#columns.slice(0, this.size),
      values: this.#values.slice(0, this.size),
    };
  }
}

const isBlank = (code: number): boolean => code === 32 || code === 9;

function fail(label: string, line: number, at: number, problem: string): never {
  throw new FormatError(`${label}, line ${line}, column ${at + 1}: ${problem}`);
}

const hint = (text: string): string =>
  text.includes('|') ? " (lines with '|' are Vowpal Wabbit's, which are not read: write index:value)" : '';

/** A number that float32 holds. */
function readNumber(text: string, from: number, to: number, line: number, label: string, name: string): number {
  const value = parseDecimal(text, from, to);
  if (Number.isFinite(Math.fround(value))) return value;
  return fail(label, line, from, `expected ${name}, got ${quote(text.slice(from, to))}${hint(text)}`);
}

/** The whole number before the colon; NaN if there is none. */
function readIndex(text: string, from: number, colon: number): number {
  if (colon <= from || colon - from > 10) return Number.NaN;
  let index = 0;
  for (let i = from; i < colon; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return Number.NaN;
    index = index * 10 + digit;
  }
  return index;
}

/** How indices are to be read. */
export interface LineForm {
  /** The index of the first feature in the file, 0 or 1. */
  readonly base: number;
  /** Indices must lie in [base, base + features). */
  readonly features: number;
  /** Whether they may come in any order, and several times. */
  readonly anyOrder: boolean;
}

/**
 * Reads one line into `rows`.
 *
 * @returns false if there is nothing on the line
 * @throws {FormatError} with line and column for all that is not of the format
 */
export function parseLibsvmLine(
  text: string,
  line: number,
  rows: SparseRows,
  { base, features, anyOrder }: LineForm,
  label: string,
): boolean {
  const hash = text.indexOf('#');
  const length = hash < 0 ? text.length : hash;
  let at = 0;
  let y: number | undefined;
  let previous = -1;
  let sorted = true;
  for (;;) {
    while (at < length && isBlank(text.charCodeAt(at))) at++;
    if (at === length) break;
    const from = at;
    let colon = -1;
    for (; at < length; at++) {
      const code = text.charCodeAt(at);
      if (isBlank(code)) break;
      if (code === 58 && colon < 0) colon = at;
    }
    if (y === undefined) y = readNumber(text, from, at, line, label, 'a float32 number as label');
    else if (!text.startsWith('qid:', from)) {
      const column = readIndex(text, from, colon) - base;
      if (Number.isNaN(column)) {
        fail(label, line, from, `expected index:value, got ${quote(text.slice(from, at))}${hint(text)}`);
      }
      if (column < 0 || column >= features) {
        fail(label, line, from, `expected an index in [${base}, ${base + features - 1}], got ${column + base}`);
      }
      if (column <= previous && !anyOrder) {
        fail(label, line, from, `expected an index above ${previous + base}, got ${column + base}`);
      }
      rows.add(column, readNumber(text, colon + 1, at, line, label, 'a float32 number as value'));
      sorted &&= column > previous;
      previous = column;
    }
  }
  if (!sorted) rows.sortRow();
  if (y !== undefined) rows.endRow(y);
  return y !== undefined;
}

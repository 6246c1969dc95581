/** Reading CSV files row by row. */
import { checkOptions, type FileSource, FormatError, type OpenOptions, OptionError, quote } from '@saccade/tensor';
import { byteStream } from './byte-stream.js';
import { type CsvRow, csvParser } from './csv-parser.js';
import { textBlocks } from './text-lines.js';

/** How a file is cut into cells. */
export interface CsvDialect extends OpenOptions {
  /** The character between cells. Default: a comma. */
  readonly delimiter?: string | undefined;
  /** Lines that begin with this, outside of quotes, are skipped. Default: none are. */
  readonly comment?: string | undefined;
}

/** Options of {@link readCsv}. */
export interface CsvOptions extends CsvDialect {
  /** Whether the first row names the columns. Default: false. */
  readonly header?: boolean | undefined;
  /** The columns to give, in this order: names (with `header`) or positions from 0. Default: all. */
  readonly columns?: readonly (string | number)[] | undefined;
}

/** Rows of equal width, and the names of the columns once the first row was read. */
export interface CsvTable {
  readonly label: string;
  /** All rows of data; each as wide as the first row of the file. */
  readonly rows: AsyncGenerator<CsvRow, void, undefined>;
  /** Names from the first row; undefined without `header`, or before the first row of data was asked for. */
  names(): readonly string[] | undefined;
}

function checkDialect(op: string, delimiter: string, comment: string | undefined): void {
  if (typeof delimiter !== 'string' || delimiter.length !== 1 || '"\r\n'.includes(delimiter)) {
    throw new OptionError(`${op}: delimiter must be one character, no quote and no line end, got ${quote(delimiter)}`);
  }
  if (comment !== undefined && (typeof comment !== 'string' || comment === '' || /["\r\n]/.test(comment))) {
    throw new OptionError(`${op}: comment must be some characters without quotes, got ${quote(comment)}`);
  }
}

function checkNames(names: readonly string[], line: number, label: string): void {
  const seen = new Set<string>();
  for (const [i, name] of names.entries()) {
    if (seen.has(name)) {
      throw new FormatError(
        `${label}, line ${line}, column ${i + 1}: expected distinct names, got ${quote(name)} again`,
      );
    }
    seen.add(name);
  }
}

/**
 * Opens a file as rows of equal width.
 *
 * @param op name of the operation, for errors
 * @throws {OptionError} for a bad delimiter or comment
 */
export function csvTable(op: string, source: FileSource, header: boolean, dialect: CsvDialect): CsvTable {
  const { delimiter = ',', comment, signal } = dialect;
  checkDialect(op, delimiter, comment);
  const bytes = byteStream(source, { signal, what: op });
  const { label } = bytes;
  let names: readonly string[] | undefined;
  async function* read(): AsyncGenerator<CsvRow, void, undefined> {
    const parser = csvParser(delimiter, comment, label);
    let width = -1;
    for await (const block of textBlocks(bytes)) {
      for (const row of parser.push(block)) {
        const { cells, line } = row;
        if (width < 0) width = cells.length;
        if (cells.length !== width) {
          throw new FormatError(`${label}, line ${line}: expected ${width} columns, got ${cells.length}${hint(width)}`);
        }
        if (header && names === undefined) {
          checkNames(cells, line, label);
          names = cells;
        } else yield row;
      }
    }
    parser.end();
    if (header && names === undefined) throw new FormatError(`${label}: expected a header row, got an empty file`);
  }
  return { label, rows: read(), names: () => names };
}

/** What a file of a single column most likely is. */
function hint(width: number): string {
  return width === 1 ? '; is the delimiter another one?' : '';
}

/**
 * The position of a column given by name or position.
 *
 * @throws {OptionError} if there is no such column
 */
export function columnPosition(
  column: string | number,
  names: readonly string[] | undefined,
  width: number,
  label: string,
): number {
  const position = typeof column === 'string' ? (names?.indexOf(column) ?? -1) : column;
  if (Number.isSafeInteger(position) && position >= 0 && position < width) return position;
  const there = names === undefined ? `positions 0 to ${width - 1}` : names.slice(0, 20).map(quote).join(', ');
  throw new OptionError(`${label}: no column ${quote(column)}; there are ${there}${hint(width)}`);
}

async function* pick(
  table: CsvTable,
  columns: readonly (string | number)[] | undefined,
): AsyncGenerator<string[] | Record<string, string>, void, undefined> {
  let positions: readonly number[] | undefined;
  for await (const { cells } of table.rows) {
    const names = table.names();
    if (columns !== undefined) {
      positions ??= columns.map((column) => columnPosition(column, names, cells.length, table.label));
      yield positions.map((position) => cells[position]!);
    } else yield names === undefined ? [...cells] : Object.fromEntries(names.map((name, i) => [name, cells[i]!]));
  }
}

/**
 * The rows of a CSV file (RFC 4180, UTF-8, gzip or not) as they are read, cells as they stand there. All rows must be
 * as wide as the first; empty lines are skipped. With `header` each row is an object by column name, unless `columns`
 * picks cells into an array.
 *
 * @param source a path (in Node), a URL object, a File or Blob, or bytes
 * @param options `header`, default false; `columns`, default all; `delimiter`, default a comma; `comment`; `signal`
 * @throws {FormatError}, when it gets there, with line and column, for ragged rows, stray quotes, text that is not UTF-8
 * @throws {OptionError} for options that do not fit, and for a column that is not there
 * @throws {SaccadeError} with code `io` if the file cannot be read
 */
export function readCsv(
  source: FileSource,
  options: CsvOptions & { readonly header: true; readonly columns?: undefined },
): AsyncGenerator<Record<string, string>, void, undefined>;
export function readCsv(
  source: FileSource,
  options?: CsvOptions & ({ readonly header?: false | undefined } | { readonly columns: readonly (string | number)[] }),
): AsyncGenerator<string[], void, undefined>;
export function readCsv(
  source: FileSource,
  options: CsvOptions = {},
): AsyncGenerator<string[] | Record<string, string>, void, undefined> {
  const names = ['header', 'columns', 'delimiter', 'comment', 'signal'] as const;
  const { header = false, columns, ...dialect } = checkOptions('readCsv', options, names);
  if (typeof header !== 'boolean') throw new OptionError(`readCsv: header must be true or false, got ${quote(header)}`);
  if (columns !== undefined && (!Array.isArray(columns) || columns.length === 0)) {
    throw new OptionError(`readCsv: columns must be an array of names or positions, got ${quote(columns)}`);
  }
  return pick(csvTable('readCsv', source, header, dialect), columns);
}

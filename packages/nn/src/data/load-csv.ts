/** A CSV file of numbers as tensors, with labels from one of its columns. */
import {
  checkOptions,
  type FileSource,
  FormatError,
  OptionError,
  quote,
  scope,
  type Tensor,
  tensor,
} from '@saccade/tensor';
import { type CsvDialect, type CsvTable, columnPosition, csvTable } from './csv.js';
import { parseDecimal } from './decimal.js';
import { grown } from './grown.js';

/** Options of {@link loadCsv}. */
export interface LoadCsvOptions extends CsvDialect {
  /** The column with the labels: its name or its position from 0. Default: there is none. */
  readonly label?: string | number | undefined;
  /** The columns that become features, in this order. Default: all except the label. */
  readonly columns?: readonly (string | number)[] | undefined;
  /** What stands for cells that are empty, NA or NaN, such as 0 or NaN itself. Default: they are errors. */
  readonly missing?: number | undefined;
  /** Whether the first row names the columns. Default: true; a first row of nothing but numbers is then refused. */
  readonly header?: boolean | undefined;
}

/** What a CSV file holds. */
export interface LoadedCsv {
  /** float32 [rows, columns]. */
  readonly features: Tensor;
  /** int32 [rows]: the whole numbers of the label column, or for words the position in `classes`. Only with `label`. */
  readonly labels?: Tensor;
  /** The words of the label column, sorted. Only if it does not hold numbers. */
  readonly classes?: string[];
  /** Names of the features; their positions in the file where there is no header. */
  readonly columns: string[];
}

/** Numbers from cells, in an array that grows by doubling. */
class Values {
  data: Float32Array<ArrayBuffer> = new Float32Array(1024);
  length = 0;

  push(value: number): void {
    if (this.length === this.data.length) this.data = grown(this.data, 2 * this.length, 'loadCsv');
    this.data[this.length++] = value;
  }
}

/** The distinct labels in order of appearance, with the line where each was first seen. */
class Labels {
  readonly #positions = new Map<string, number>();
  readonly #lines: number[] = [];
  readonly rows: number[] = [];

  push(cell: string, line: number): void {
    let position = this.#positions.get(cell);
    if (position === undefined) {
      position = this.#positions.size;
      this.#positions.set(cell, position);
      this.#lines.push(line);
    }
    this.rows.push(position);
  }

  /** Numbers as they are; words by their place among the sorted words. */
  finish(label: string, column: number): { labels: Int32Array; classes?: string[] } {
    const words = [...this.#positions.keys()];
    const numbers = words.map((word) => parseDecimal(word.trim()));
    if (numbers.some(Number.isNaN)) {
      const classes = [...words].sort();
      const places = new Map(classes.map((word, i) => [word, i]));
      return { labels: Int32Array.from(this.rows, (row) => places.get(words[row]!)!), classes };
    }
    const odd = numbers.findIndex((value) => (value | 0) !== value);
    if (odd >= 0) {
      const problem = `expected labels that are whole numbers of 32 bits or words, got ${quote(words[odd])}`;
      throw new FormatError(`${label}, line ${this.#lines[odd]}, column ${column + 1}: ${problem}`);
    }
    return { labels: Int32Array.from(this.rows, (row) => numbers[row]!) };
  }
}

const absent = /^(?:|na|n\/a|nan|null)$/i;

function numberIn(cell: string, missing: number | undefined, where: () => string): number {
  const value = parseDecimal(cell.trim());
  if (Number.isFinite(Math.fround(value))) return value;
  const isAbsent = absent.test(cell.trim());
  if (isAbsent && missing !== undefined) return missing;
  const hint = isAbsent
    ? '; pass missing: a number that stands for what is not there, or leave the column out with columns'
    : '';
  throw new FormatError(`${where()}: expected a float32 number, got ${quote(cell)}${hint}`);
}

interface Layout {
  readonly features: readonly number[];
  readonly label: number | undefined;
}

function layOut(table: CsvTable, width: number, { label, columns }: LoadCsvOptions): Layout {
  const names = table.names();
  const position = label === undefined ? undefined : columnPosition(label, names, width, table.label);
  const features =
    columns?.map((column) => columnPosition(column, names, width, table.label)) ??
    Array.from({ length: width }, (_, i) => i).filter((i) => i !== position);
  if (features.length === 0) throw new FormatError(`${table.label}: expected a column beside the label, got none`);
  return { features, label: position };
}

/** A header of numbers is most likely a row of data, which must not vanish unseen. */
function checkHeader(names: readonly string[] | undefined, table: CsvTable): void {
  if (names !== undefined && !names.some((name) => Number.isNaN(parseDecimal(name.trim())))) {
    throw new OptionError(
      `${table.label}: the first row holds only numbers; pass header: false if it is data, header: true if it holds names`,
    );
  }
}

/**
 * Reads a CSV file (RFC 4180, UTF-8, gzip or not) whose feature cells are all numbers.
 *
 * @param source a path (in Node), a URL object, a File or Blob, or bytes
 * @param options `label`: the label column; `columns`: the features, default all others; `missing`; `header`, default true;
 *   `delimiter`, default a comma; `comment`; `signal`
 * @throws {FormatError} with line and column for ragged rows, cells that are no numbers, and a file without rows
 * @throws {OptionError} for options that do not fit, a column that is not there, and a header that looks like data
 * @throws {SaccadeError} with code `io` if the file cannot be read
 */
export async function loadCsv(
  source: FileSource,
  options: LoadCsvOptions & { readonly label: string | number },
): Promise<LoadedCsv & { readonly labels: Tensor }>;
export async function loadCsv(source: FileSource, options?: LoadCsvOptions): Promise<LoadedCsv>;
export async function loadCsv(source: FileSource, options: LoadCsvOptions = {}): Promise<LoadedCsv> {
  const known = ['label', 'columns', 'missing', 'header', 'delimiter', 'comment', 'signal'] as const;
  const { header = true, delimiter, comment, signal, columns, missing } = checkOptions('loadCsv', options, known);
  if (missing !== undefined && typeof missing !== 'number') {
    throw new OptionError(`loadCsv: missing must be a number, got ${quote(missing)}`);
  }
  if (typeof header !== 'boolean') throw new OptionError(`loadCsv: header must be true or false, got ${quote(header)}`);
  if (columns !== undefined && (!Array.isArray(columns) || columns.length === 0)) {
    throw new OptionError(`loadCsv: columns must be an array of names or positions, got ${quote(columns)}`);
  }
  const table = csvTable('loadCsv', source, header, { delimiter, comment, signal });
  const values = new Values();
  const labels = new Labels();
  let layout: Layout | undefined;
  for await (const { cells, line } of table.rows) {
    const names = table.names();
    if (layout === undefined) {
      if (options.header === undefined) checkHeader(names, table);
      layout = layOut(table, cells.length, options);
    }
    for (const i of layout.features) {
      const where = (): string =>
        `${table.label}, line ${line}, column ${i + 1}${names === undefined ? '' : ` (${quote(names[i])})`}`;
      values.push(numberIn(cells[i]!, missing, where));
    }
    if (layout.label !== undefined) labels.push(cells[layout.label]!, line);
  }
  if (layout === undefined) throw new FormatError(`${table.label}: expected rows of numbers, got none`);
  return toTensors(values, labels, layout, table);
}

function toTensors(values: Values, labels: Labels, layout: Layout, table: CsvTable): LoadedCsv {
  const columns = layout.features.map((i) => table.names()?.[i] ?? String(i));
  const shape = [values.length / columns.length, columns.length];
  const found = layout.label === undefined ? undefined : labels.finish(table.label, layout.label);
  return scope(() => ({
    features: tensor(values.data.subarray(0, values.length), { shape }),
    ...(found && { labels: tensor(found.labels) }),
    ...(found?.classes && { classes: found.classes }),
    columns,
  }));
}

/** The libsvm format: one example a line, its label and the features that are not zero. */
import {
  checkOptions,
  type FileSource,
  FormatError,
  type OpenOptions,
  OptionError,
  quote,
  requireCount,
} from '@saccade/tensor';
import { type ByteStream, byteStream } from './byte-stream.js';
import { parseLibsvmLine, SparseRows } from './libsvm-line.js';
import { splitLines, textBlocks } from './text-lines.js';

/** Options of {@link readLibsvm} and {@link loadLibsvm}. */
export interface LibsvmOptions extends OpenOptions {
  /** Number of features; an index beyond is an error. Default: as many as the largest index asks for. */
  readonly features?: number | undefined;
  /** Whether the indices in the file count from 0. Default: false, they count from 1. */
  readonly zeroBased?: boolean | undefined;
  /** Whether indices of a line may come in any order; values of one that comes several times are added up. Default: false, they must ascend. */
  readonly anyOrder?: boolean | undefined;
  /** Read only the first so many examples. Default: all. */
  readonly limit?: number | undefined;
}

/** One example. */
export interface LibsvmRow {
  readonly label: number;
  /** Columns of the values, from 0, ascending. */
  readonly indices: Int32Array;
  readonly values: Float32Array;
}

/** Examples as a sparse matrix in CSR form. */
export interface LibsvmMatrix {
  /** [rows]. */
  readonly labels: Float32Array;
  /** [rows + 1]: row i has the values from rowStart[i] up to, not including, rowStart[i + 1]. */
  readonly rowStart: Int32Array;
  /** Columns of the values, from 0, ascending within a row. */
  readonly columns: Int32Array;
  readonly values: Float32Array;
  /** Examples and features. */
  readonly shape: readonly [number, number];
}

/** Adds the examples to `rows` and yields after each block of the file. */
async function* readInto(rows: SparseRows, bytes: ByteStream, options: LibsvmOptions): AsyncGenerator<void> {
  const { features, zeroBased = false, anyOrder = false, limit = Number.MAX_SAFE_INTEGER } = options;
  const last = features ?? 2 ** 31 - 1;
  let line = 0;
  let left = limit;
  for await (const block of textBlocks(bytes)) {
    for (const text of splitLines(block)) {
      line++;
      if (parseLibsvmLine(text, line, rows, { base: zeroBased ? 0 : 1, features: last, anyOrder }, bytes.label)) left--;
      if (left === 0) break;
    }
    yield;
    if (left === 0) return;
  }
}

function check(op: string, options: LibsvmOptions): void {
  const names = ['features', 'zeroBased', 'anyOrder', 'limit', 'signal'] as const;
  const { features, zeroBased, anyOrder, limit } = checkOptions(op, options, names);
  if (features !== undefined) requireCount(op, 'features', features, 1);
  if (features !== undefined && features > 2 ** 31 - 1) {
    throw new OptionError(`${op}: features must be below 2^31, got ${features}`);
  }
  if (limit !== undefined) requireCount(op, 'limit', limit, 1);
  for (const [name, value] of Object.entries({ zeroBased, anyOrder })) {
    if (value === undefined || typeof value === 'boolean') continue;
    throw new OptionError(`${op}: ${name} must be true or false, got ${quote(value)}`);
  }
}

function open(op: string, source: FileSource, { signal }: LibsvmOptions): ByteStream {
  return byteStream(source, { signal, what: op });
}

async function* eachRow(bytes: ByteStream, options: LibsvmOptions): AsyncGenerator<LibsvmRow, void, undefined> {
  const rows = new SparseRows(bytes.label);
  for await (const _ of readInto(rows, bytes, options)) {
    const { labels, rowStart, columns, values } = rows.finish();
    rows.clear();
    for (const [i, label] of labels.entries()) {
      const [from, to] = [rowStart[i], rowStart[i + 1]];
      yield { label, indices: columns.slice(from, to), values: values.slice(from, to) };
    }
  }
}

/**
 * The examples of a libsvm file (gzip or not) as they are read. A line is a label and pairs `index:value` with
 * ascending indices (see `anyOrder`); `qid:` pairs, text after `#` and empty lines are skipped. Columns are counted from 0, whatever
 * the file does.
 *
 * @param source a path (in Node), a URL object, a File or Blob, or bytes
 * @param options `features`, default as many as needed; `zeroBased` and `anyOrder`, default false; `limit`; `signal`
 * @throws {FormatError}, when it gets there, with line and column, for all that is not of this form
 * @throws {OptionError} for options that do not fit
 * @throws {SaccadeError} with code `io` if the file cannot be read
 */
export function readLibsvm(
  source: FileSource,
  options: LibsvmOptions = {},
): AsyncGenerator<LibsvmRow, void, undefined> {
  check('readLibsvm', options);
  return eachRow(open('readLibsvm', source, options), options);
}

/**
 * A libsvm file as one sparse matrix; see {@link readLibsvm} for what may stand in it. Pass `features` where several
 * files must agree: the last feature may be missing in one.
 *
 * @throws {FormatError} for a file without examples, and as {@link readLibsvm}
 * @throws {OptionError} for options that do not fit
 * @throws {SaccadeError} with code `io` if the file cannot be read
 */
export async function loadLibsvm(source: FileSource, options: LibsvmOptions = {}): Promise<LibsvmMatrix> {
  check('loadLibsvm', options);
  const bytes = open('loadLibsvm', source, options);
  const rows = new SparseRows(bytes.label);
  for await (const _ of readInto(rows, bytes, options));
  if (rows.rows === 0) throw new FormatError(`${bytes.label}: expected at least one example, got none`);
  return { ...rows.finish(), shape: [rows.rows, options.features ?? rows.maxColumn + 1] };
}

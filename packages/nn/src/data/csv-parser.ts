/** The grammar of RFC 4180: rows of cells from text that comes in blocks of whole lines. */
import { FormatError } from '@saccade/tensor';

/** A row and the line, from 1, on which it begins. */
export interface CsvRow {
  readonly line: number;
  readonly cells: readonly string[];
}

/** Takes the text block by block. */
export interface CsvParser {
  /** The rows that end in this block, which ends with a line or with the file. */
  push(block: string): CsvRow[];
  /** @throws {FormatError} if the file ended inside quotes */
  end(): void;
}

const maxRowCharacters = 67_108_864;
const maxCells = 1_048_576;
const newline = 10;
const quotation = 34;

function countNewlines(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count++;
  return count;
}

/**
 * A parser for one file.
 *
 * @param delimiter one character
 * @param comment lines that begin with it are skipped; none if undefined
 * @param label how an error names the file
 */
export function csvParser(delimiter: string, comment: string | undefined, label: string): CsvParser {
  const separator = delimiter.charCodeAt(0);
  let line = 1;
  let rowLine = 1;
  let rowCharacters = 0;
  let cells: string[] = [];
  /** Content so far of a quoted cell that goes on; undefined outside of quotes. */
  let quoted: string | undefined;
  let quoteLine = 1;

  function fail(problem: string, at = line): never {
    throw new FormatError(`${label}, line ${at}, column ${cells.length + 1}: ${problem}`);
  }

  function add(cell: string): void {
    rowCharacters += cell.length;
    if (rowCharacters > maxRowCharacters) fail(`expected rows of at most ${maxRowCharacters} characters, got more`);
    if (cells.length === maxCells) fail(`expected at most ${maxCells} columns, got more`);
    cells.push(cell);
  }

  /** Length of the line end at `at`: 2, 1, or 0 if there is none. */
  function lineEnd(block: string, at: number): number {
    if (block.charCodeAt(at) === newline) return 1;
    return block.charCodeAt(at) === 13 && block.charCodeAt(at + 1) === newline ? 2 : 0;
  }

  /** Reads on in a quoted cell; where it ends, or the end of the block. */
  function readQuoted(block: string, from: number): number {
    let at = from;
    for (;;) {
      const end = block.indexOf('"', at);
      const piece = block.slice(at, end < 0 ? undefined : end);
      quoted += piece;
      line += countNewlines(piece);
      if (rowCharacters + quoted!.length > maxRowCharacters) {
        fail(`expected rows of at most ${maxRowCharacters} characters, got more after this quote`, quoteLine);
      }
      if (end < 0) return block.length;
      at = end + 1;
      if (block.charCodeAt(at) !== quotation) break;
      quoted += '"';
      at++;
    }
    add(quoted!);
    quoted = undefined;
    const clean = at === block.length || block.charCodeAt(at) === separator || lineEnd(block, at) > 0;
    if (!clean) {
      throw new FormatError(
        `${label}, line ${line}, column ${cells.length}: expected '${delimiter}' or the end of the line after the closing quote`,
      );
    }
    return at;
  }

  /** Reads a cell without quotes; where it ends. */
  function readPlain(block: string, from: number): number {
    let at = from;
    for (; at < block.length; at++) {
      const code = block.charCodeAt(at);
      if (code === separator || code === newline) break;
      if (code === quotation) fail('a quote stands inside a cell; quote the whole cell and double the quotes in it');
    }
    const end = at > from && block.charCodeAt(at) === newline && block.charCodeAt(at - 1) === 13 ? at - 1 : at;
    add(block.slice(from, end));
    return at;
  }

  /** Skips lines that hold no row; where the next row begins. */
  function skipEmpty(block: string, from: number): number {
    let at = from;
    while (at < block.length) {
      const ended = lineEnd(block, at);
      if (ended > 0) at += ended;
      else if (comment !== undefined && block.startsWith(comment, at)) {
        const end = block.indexOf('\n', at);
        at = end < 0 ? block.length : end + 1;
      } else break;
      line++;
    }
    return at;
  }

  function push(block: string): CsvRow[] {
    const rows: CsvRow[] = [];
    let at = 0;
    // A block that does not end a line is the last one: its end ends the row, even right after a delimiter.
    const isLast = !block.endsWith('\n');
    let owed = quoted !== undefined;
    while (at < block.length || (owed && isLast)) {
      if (quoted === undefined && cells.length === 0) {
        at = skipEmpty(block, at);
        if (at === block.length) break;
        rowLine = line;
      }
      if (quoted !== undefined) at = readQuoted(block, at);
      else if (block.charCodeAt(at) === quotation) {
        quoted = '';
        quoteLine = line;
        at = readQuoted(block, at + 1);
      } else at = readPlain(block, at);
      if (quoted !== undefined) break;
      owed = block.charCodeAt(at) === separator;
      if (owed) at++;
      else {
        rows.push({ line: rowLine, cells });
        at += lineEnd(block, at);
        line++;
        cells = [];
        rowCharacters = 0;
      }
    }
    return rows;
  }

  return {
    push,
    end() {
      if (quoted !== undefined) fail('expected a closing quote, got the end of the file', quoteLine);
    },
  };
}

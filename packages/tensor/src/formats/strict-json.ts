/** A strict JSON reader for file headers: no duplicate names, integers only by default, bounded depth, no prototype to pollute. */
import { FormatError } from '@saccade/kernels';

/** A value inside a header: objects are Maps, so that a name such as `__proto__` is a name like any other. */
export type HeaderValue = Map<string, HeaderValue> | HeaderValue[] | string | number | boolean | null;

const maxDepth = 4;
const maxItems = 1024;
const integer = /-?(?:0|[1-9][0-9]{0,19})(?![0-9.eE])/y;
const anyNumber = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?/y;
const word = /true|false|null/y;
const words: Record<string, boolean | null> = { true: true, false: false, null: null };

/** The text of bytes in UTF-8. @throws {FormatError} for what is none; `what` is how the error names it */
export function utf8Text(bytes: Uint8Array, what: string): string {
  try {
    // A copy, because a decoder takes no shared memory.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(new Uint8Array(bytes));
  } catch (cause) {
    throw new FormatError(`${what} is not UTF-8`, { cause });
  }
}

/**
 * Reads a JSON object as the headers of files hold it and hands over its members one at a time.
 *
 * Stricter than `JSON.parse`: a name that occurs twice in one object, a number that is no integer or lies outside
 * +-(2^53 - 1), nesting deeper than 4 and lists longer than 1024 are refused. Since each member is checked by
 * `visit` before the next is read, a hostile text cannot make it build more than the text's own size in junk.
 *
 * @param what how an error names the text
 * @param visit receives each member of the outer object in order; may throw
 * @param fractions whether numbers may be any that JSON knows
 * @throws {FormatError} naming the position of the first fault
 */
export function parseHeaderObject(
  text: string,
  what: string,
  visit: (name: string, value: HeaderValue) => void,
  fractions = false,
): void {
  let position = 0;

  function fail(problem: string): never {
    throw new FormatError(`${what}: ${problem} at character ${position} of the JSON`);
  }

  /** Skips white space; the character that follows, undefined at the end. */
  function peek(): string | undefined {
    for (; position < text.length; position++) {
      const character = text[position]!;
      if (character !== ' ' && character !== '\n' && character !== '\r' && character !== '\t') return character;
    }
    return undefined;
  }

  function expect(character: string): void {
    if (peek() !== character) fail(`expected '${character}'`);
    position++;
  }

  function accept(character: string): boolean {
    if (peek() !== character) return false;
    position++;
    return true;
  }

  function take(pattern: RegExp): string | undefined {
    pattern.lastIndex = position;
    const match = pattern.exec(text)?.[0];
    if (match !== undefined) position += match.length;
    return match;
  }

  function parseString(): string {
    peek();
    const start = position;
    expect('"');
    let escaped = false;
    for (; position < text.length; position++) {
      const code = text.charCodeAt(position);
      if (code === 0x22) {
        const token = text.slice(start, ++position);
        if (!escaped) return token.slice(1, -1);
        try {
          return JSON.parse(token) as string;
        } catch {
          fail('bad escape in the string that ends');
        }
      }
      if (code < 0x20) fail('control character in a string');
      if (code === 0x5c) {
        escaped = true;
        position++;
      }
    }
    return fail('unfinished string');
  }

  function parseNumber(): number {
    const kind = fractions ? 'expected a value' : 'expected a value (numbers must be integers)';
    const token = take(fractions ? anyNumber : integer) ?? fail(kind);
    const value = Number(token);
    if (!fractions && !Number.isSafeInteger(value)) fail(`number ${token} is beyond 2^53 - 1`);
    return value;
  }

  function parseMembers(depth: number, member: (name: string, value: HeaderValue) => void): void {
    const seen = new Set<string>();
    expect('{');
    if (accept('}')) return;
    do {
      const name = parseString();
      if (seen.has(name)) fail(`duplicate name ${JSON.stringify(name)}`);
      seen.add(name);
      expect(':');
      member(name, parseValue(depth + 1));
    } while (accept(','));
    expect('}');
  }

  function parseList(depth: number): HeaderValue[] {
    const items: HeaderValue[] = [];
    expect('[');
    if (accept(']')) return items;
    do {
      if (items.length === maxItems) fail(`a list of more than ${maxItems} values`);
      items.push(parseValue(depth + 1));
    } while (accept(','));
    expect(']');
    return items;
  }

  function parseValue(depth: number): HeaderValue {
    if (depth > maxDepth) fail(`nesting deeper than ${maxDepth}`);
    const start = peek();
    if (start === '{') {
      const entries = new Map<string, HeaderValue>();
      parseMembers(depth, (name, value) => entries.set(name, value));
      return entries;
    }
    if (start === '[') return parseList(depth);
    if (start === '"') return parseString();
    const literal = take(word);
    return literal === undefined ? parseNumber() : words[literal]!;
  }

  parseMembers(0, visit);
  if (peek() !== undefined) fail('expected the end');
}

/** Texts as token ids from a JSON file. */
import { readFile } from '@saccade/command';
import { plainText } from '@saccade/pictures';
import { FormatError, quote } from '@saccade/tensor';
import type { CommandModel } from './model.js';

/** Which token ids a model takes. */
export type TokenLimits = Pick<CommandModel, 'vocabulary' | 'positions'>;

/**
 * A list of token ids, or a list of such lists.
 * @throws {FileError} @throws {FormatError} unless the file is that, and its ids and lengths are the model's
 */
export function readTexts(limits: TokenLimits, path: string): number[][] {
  const value = readJson(path);
  const isList = Array.isArray(value) && value.length > 0;
  if (!isList) throw wrong(path, `expected a list of token ids, or a list of such lists, got ${quote(value)}`);
  return requireTexts(limits, path, Array.isArray(value[0]) ? value : [value]);
}

/** @throws {FormatError} unless each is a text of the model */
export function requireTexts(
  { vocabulary, positions }: TokenLimits,
  path: string,
  texts: readonly unknown[],
): number[][] {
  if (vocabulary === undefined) {
    throw wrong(path, 'the model takes no token ids: give images or states as .npy or .safetensors');
  }
  return texts.map((text, i) => {
    if (!Array.isArray(text) || text.length === 0) {
      throw wrong(path, `text ${i} must be a list of one token id or more, got ${quote(text)}`);
    }
    if (text.length > positions) {
      throw wrong(path, `text ${i} has ${text.length} tokens, the model has ${positions} positions`);
    }
    return text.map((id: unknown, j) => {
      if (typeof id === 'number' && Number.isSafeInteger(id) && id >= 0 && id < vocabulary) return id;
      throw wrong(path, `text ${i}, token ${j}: ids must be whole numbers in [0, ${vocabulary}), got ${quote(id)}`);
    });
  });
}

function readJson(path: string): unknown {
  const bytes = readFile(path);
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw wrong(path, `no JSON (${(cause as Error).message})`);
  }
}

/** What a file has may reach a terminal. */
function wrong(path: string, problem: string): FormatError {
  return new FormatError(plainText(`${path}: ${problem}`));
}

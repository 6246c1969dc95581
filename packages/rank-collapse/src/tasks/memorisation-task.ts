/** Memorising: a random bit for each token of some texts (the paper's section 4.2). */
import { checkOptions, OptionError, quote, type Rng, requireCount, requireRng, scope, tensor } from '@saccade/tensor';
import { IGNORED, mostFrequentShare, type TokenTask } from './task.js';

/** Options of `memorisationTask`. */
export interface MemorisationTaskOptions {
  readonly rng: Rng;
  /** The user's texts as ids, from 0. Default: generated ones. */
  readonly texts?: readonly (readonly number[])[] | undefined;
  /** Ids that there are. Default: as many as the texts need, or 1000 where they are generated. */
  readonly vocabulary?: number | undefined;
  /** Tokens of a text: longer ones are cut, shorter ones padded. Default 128. */
  readonly length?: number | undefined;
  /** Texts to generate. Default 500. */
  readonly count?: number | undefined;
  /** Id of the padding, whose bits do not count and whose vector is not trained; tokens attend to it as to any other. Default 0. */
  readonly padding?: number | undefined;
}

/**
 * Texts, and a fair bit for each token that is no padding. The texts that are trained on are those that are tested on. Generated texts have half the length or more,
 * and ids from 1 as frequent as words are: the r-th with probability proportional to 1 / r.
 * @throws {OptionError} for texts that are empty or not ids below the vocabulary, naming the text
 */
export function memorisationTask(options: MemorisationTaskOptions): TokenTask {
  const op = 'memorisationTask';
  const names = ['rng', 'texts', 'vocabulary', 'length', 'count', 'padding'] as const;
  const { length = 128, count = 500, padding = 0 } = checkOptions(op, options, names);
  const rng = requireRng(op, options.rng);
  requireCount(op, 'length', length);
  requireCount(op, 'count', count);
  requireCount(op, 'padding', padding, 0);
  const generated = options.vocabulary ?? 1000;
  const texts = options.texts ?? generatedTexts(rng, count, length, requireCount(op, 'vocabulary', generated, 2));
  const vocabulary = options.vocabulary ?? (options.texts === undefined ? generated : leastVocabulary(texts, padding));
  requireCount(op, 'vocabulary', vocabulary);
  requireCount(op, 'padding', padding, 0, vocabulary - 1);
  requireTexts(op, texts, vocabulary);
  const ids = new Int32Array(texts.length * length).fill(padding);
  const labels = new Int32Array(ids.length).fill(IGNORED);
  for (const [i, text] of texts.entries()) {
    ids.set(text.slice(0, length), i * length);
    for (let j = 0; j < length; j++) if (ids[i * length + j] !== padding) labels[i * length + j] = bit(rng);
  }
  return scope(() => {
    const shape = [texts.length, length];
    const all = { inputs: tensor(ids, { shape }), labels: tensor(labels, { shape }) };
    return {
      form: { vocabulary, positions: length, padding, labels: 2 },
      train: all,
      test: all,
      trivial: mostFrequentShare(labels),
    };
  });
}

const bit = (rng: Rng): number => Math.floor(2 * rng.number());

function generatedTexts(rng: Rng, count: number, length: number, vocabulary: number): number[][] {
  // cumulative[r] is proportional to the probability of an id up to r.
  const cumulative = [0];
  for (let id = 1; id < vocabulary; id++) cumulative.push((cumulative[id - 1] ?? 0) + 1 / id);
  const total = cumulative.at(-1) ?? 0;
  const word = (): number => {
    const place = rng.number() * total;
    return cumulative.findIndex((sum) => sum > place);
  };
  const half = Math.ceil(length / 2);
  return Array.from({ length: count }, () => {
    const words = half + Math.floor(rng.number() * (length - half + 1));
    return Array.from({ length: words }, word);
  });
}

/** What is no id is found later. */
function leastVocabulary(texts: readonly (readonly number[])[], padding: number): number {
  const ids = Array.from(texts).flatMap((text) => Array.from(text).filter(Number.isSafeInteger));
  return ids.reduce((most, id) => Math.max(most, id), padding) + 1;
}

function requireTexts(op: string, texts: readonly (readonly number[])[], vocabulary: number): void {
  if (!Array.isArray(texts) || texts.length === 0) {
    throw new OptionError(`${op}: texts must be a list of at least one text, got ${quote(texts)}`);
  }
  for (const [i, text] of texts.entries()) {
    const known = (id: number): boolean => Number.isSafeInteger(id) && id >= 0 && id < vocabulary;
    if (Array.isArray(text) && text.length > 0 && text.every(known)) continue;
    throw new OptionError(`${op}: text ${i} must be ids in [0, ${vocabulary - 1}], got ${quote(text)}`);
  }
}

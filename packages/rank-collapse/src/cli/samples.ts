/** What goes through the model: texts, images or states of a file, or random ones. */
import { print, UsageError, wholeNumber } from '@saccade/command';
import { Rng, type Tensor } from '@saccade/tensor';
import type { CommandModel } from './model.js';
import { readStates } from './read-states.js';
import { readTexts } from './read-texts.js';

/** The options that say what. */
export const sampleDefinitions = {
  tokens: { type: 'string' },
  random: { type: 'string' },
  'random-length': { type: 'string' },
  seed: { type: 'string' },
} as const;

/** Their help. */
export const sampleHelp = `  --tokens FILE        token ids as JSON: a list, or a list of lists; or a .npy or .safetensors file (its
                       tensor 'tokens', or the only one) with token ids [texts, tokens], images
                       [images, height, width, colours] as the model's preprocessing gives them, or
                       states [texts, tokens, channels] of the first layer
  --random N           instead: N random texts, or random states where the model takes no tokens
  --random-length N    tokens of each (default 128, or as many as the model has positions)
  --seed N             of all that is random (default 0)
`;

/** The option of commands that take one text. */
export const textDefinition = { text: { type: 'string' } } as const;

/** Its help. */
export const textHelp = `  --text N             which of several texts, from 0 (default 0)
`;

/** What `readArguments` makes of them. */
export interface SampleValues {
  readonly tokens?: string | undefined;
  readonly random?: string | undefined;
  readonly 'random-length'?: string | undefined;
  readonly seed?: string | undefined;
  readonly text?: string | undefined;
}

/** Texts as token ids, or a tensor of images or states, one sample a row. The tensor is the caller's. */
export type CommandSamples = readonly (readonly number[])[] | Tensor;

/** Seed of all that is random. @throws {UsageError} */
export function seedOf({ seed }: SampleValues): number {
  return wholeNumber('seed', seed, 0) ?? 0;
}

/** @throws {UsageError} unless the options go together, before a file is read */
export function requireSampleOptions(values: SampleValues): void {
  const others = ['random', 'random-length'] as const;
  const extra = others.find((name) => values.tokens !== undefined && values[name] !== undefined);
  if (extra !== undefined) throw new UsageError(`--${extra} is for random texts: --tokens gives others`);
  for (const name of others) wholeNumber(name, values[name]);
  wholeNumber('text', values.text, 0);
  seedOf(values);
}

/** Reads or draws them. @param count of random ones, unless told otherwise @throws {UsageError} @throws {FormatError} @throws {FileError} @throws {SaccadeError} with code `io` */
export async function readSamples(opened: CommandModel, values: SampleValues, count: number): Promise<CommandSamples> {
  const { tokens } = values;
  if (tokens === undefined) return await randomSamples(opened, values, count);
  return /\.(npy|safetensors)$/.test(tokens) ? await readStates(opened, tokens) : readTexts(opened, tokens);
}

/** How many there are. */
export function countSamples(samples: CommandSamples): number {
  return 'shape' in samples ? (samples.shape[0] as number) : samples.length;
}

/** One of them, and its number. A tensor that it was a row of is freed. @throws {UsageError} */
export function oneSample(
  samples: CommandSamples,
  { text }: SampleValues,
): { readonly text: number; readonly tokens: readonly number[] | Tensor } {
  const number = wholeNumber('text', text, 0) ?? 0;
  const count = countSamples(samples);
  if (number >= count) throw new UsageError(`--text must be below ${count}, the number of texts, got ${number}`);
  if (!('shape' in samples)) return { text: number, tokens: samples[number] as readonly number[] };
  if (count === 1) return { text: 0, tokens: samples };
  const row = samples.at(`${number}:${number + 1}`);
  samples.dispose();
  return { text: number, tokens: row };
}

async function randomSamples(
  { model, vocabulary, positions, dtype }: CommandModel,
  values: SampleValues,
  count: number,
): Promise<CommandSamples> {
  const texts = wholeNumber('random', values.random) ?? count;
  const length = wholeNumber('random-length', values['random-length']) ?? Math.min(128, positions);
  if (length > positions) {
    throw new UsageError(`--random-length must be at most ${positions}, the positions of the model, got ${length}`);
  }
  const rng = new Rng(seedOf(values)).derive(0);
  const what = vocabulary === undefined ? 'state sequence' : 'text';
  await print(`${texts} random ${what}${texts === 1 ? '' : 's'} of ${length} tokens\n`, process.stderr);
  if (vocabulary === undefined) return rng.normal([texts, length, model.width], { dtype });
  const id = (): number => Math.floor(rng.number() * vocabulary);
  return Array.from({ length: texts }, () => Array.from({ length }, id));
}

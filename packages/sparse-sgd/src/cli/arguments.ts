/** Reading the arguments of a command. */
import { type ParseArgsConfig, parseArgs } from 'node:util';

/** A command was called in a way that it does not know. */
export class UsageError extends Error {}

/** What `parseArgs` finds for these options. */
type Parsed<Options extends NonNullable<ParseArgsConfig['options']>> = ReturnType<
  typeof parseArgs<{ args: string[]; options: Options; allowPositionals: true }>
>;

/** Options, and the words between them. @param words how many of those there may be @throws {UsageError} for what is not known */
export function readArguments<Options extends NonNullable<ParseArgsConfig['options']>>(
  args: readonly string[],
  options: Options,
  words = 0,
): Parsed<Options> {
  let parsed: Parsed<Options>;
  try {
    parsed = parseArgs({ args: [...args], options, allowPositionals: true as const });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  const extra = parsed.positionals[words];
  if (extra !== undefined) throw new UsageError(`unexpected argument '${extra}'`);
  return parsed;
}

/** The number of an option, undefined where it is not given. @throws {UsageError} unless `fits` */
function parsedNumber(
  name: string,
  text: string | undefined,
  what: string,
  fits: (value: number) => boolean,
): number | undefined {
  if (text === undefined) return undefined;
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (!Number.isFinite(value) || !fits(value)) throw new UsageError(`--${name} must be ${what}, got ${text}`);
  return value;
}

/** @throws {UsageError} unless it is a whole number from `least` */
export function wholeNumber(name: string, text: string | undefined, least = 1): number | undefined {
  const fits = (value: number): boolean => Number.isSafeInteger(value) && value >= least;
  return parsedNumber(name, text, `a whole number from ${least}`, fits);
}

/** @throws {UsageError} unless it is a number from `least`, or above it */
export function realNumber(
  name: string,
  text: string | undefined,
  { least = 0, above = false }: { readonly least?: number; readonly above?: boolean } = {},
): number | undefined {
  const what = least === -Infinity ? 'a number' : `a number ${above ? 'above' : 'from'} ${least}`;
  return parsedNumber(name, text, what, (value) => (above ? value > least : value >= least));
}

/** @throws {UsageError} unless it is a list such as 1000,100000 */
export function wholeNumbers(name: string, text: string | undefined): readonly number[] | undefined {
  return text?.split(',').map((part) => {
    const value = Number(part);
    if (/^\d+$/.test(part) && Number.isSafeInteger(value) && value >= 1) return value;
    throw new UsageError(`--${name} must be whole numbers from 1 such as 1000,100000, got ${text}`);
  });
}

/** @throws {UsageError} unless it is one of the names */
export function oneOf<Name extends string>(
  name: string,
  text: string | undefined,
  names: readonly Name[],
): Name | undefined {
  if (text === undefined || (names as readonly string[]).includes(text)) return text as Name | undefined;
  throw new UsageError(`--${name} must be one of ${names.join(', ')}, got ${text}`);
}

/** Whether an error is about what a person asked for: an `OptionError` of the library is too. */
export function isUsage(error: unknown): boolean {
  return error instanceof UsageError || (error as { readonly code?: unknown } | null)?.code === 'option';
}

/** Reading the arguments of a command. */
import { type ParseArgsConfig, parseArgs } from 'node:util';

/** A command was called in a way that it does not know. */
export class UsageError extends Error {}

/** What `parseArgs` finds for these options. */
type Parsed<Options extends NonNullable<ParseArgsConfig['options']>> = ReturnType<
  typeof parseArgs<{ args: string[]; options: Options; allowPositionals: true }>
>;

/** Options and the words between them. @throws {UsageError} for options that there are not, and words where none is expected */
export function readArguments<Options extends NonNullable<ParseArgsConfig['options']>>(
  args: readonly string[],
  options: Options,
  words: boolean,
): Parsed<Options> {
  let parsed: Parsed<Options>;
  try {
    parsed = parseArgs({ args: [...args], options, allowPositionals: true as const });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  if (!words && parsed.positionals.length > 0) throw new UsageError(`unexpected argument '${parsed.positionals[0]}'`);
  return parsed;
}

/** The number of an option, undefined where it is not given. @throws {UsageError} unless `fits` */
function parsed(
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
  return parsed(name, text, `a whole number from ${least}`, (value) => Number.isSafeInteger(value) && value >= least);
}

/** @throws {UsageError} unless it is a number from `least`, or above it */
export function realNumber(
  name: string,
  text: string | undefined,
  { least = 0, above = false }: { readonly least?: number; readonly above?: boolean } = {},
): number | undefined {
  const what = least === -Infinity ? 'a number' : `a number ${above ? 'above' : 'from'} ${least}`;
  return parsed(name, text, what, (value) => (above ? value > least : value >= least));
}

/** @throws {UsageError} unless it is a list such as 8,16,32 */
export function wholeNumbers(name: string, text: string | undefined): readonly number[] | undefined {
  return text?.split(',').map((part) => {
    const value = Number(part);
    if (/^\d+$/.test(part) && Number.isSafeInteger(value) && value >= 1) return value;
    throw new UsageError(`--${name} must be whole numbers from 1 such as 8,16,32, got ${text}`);
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

/** Height and width, as in 480x640. @throws {UsageError} */
export function imageSize(name: string, text: string | undefined): readonly [number, number] | undefined {
  if (text === undefined) return undefined;
  const found = /^([1-9]\d{0,6})x([1-9]\d{0,6})$/.exec(text);
  if (found === null) throw new UsageError(`--${name} must be height x width such as 480x640, got ${text}`);
  return [Number(found[1]), Number(found[2])];
}

/** Whether an error is about what a person asked for: an `OptionError` of the library is too. */
export function isUsage(error: unknown): boolean {
  return error instanceof UsageError || (error as { readonly code?: unknown } | null)?.code === 'option';
}

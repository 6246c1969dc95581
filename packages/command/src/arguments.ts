/** Reading the arguments of a command. An option's value comes as text, and as undefined where it is not given. */
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { UsageError } from './usage-error.js';

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

/** @param example a list, for the error @throws {UsageError} unless it is a list of whole numbers from 1 */
export function wholeNumbers(
  name: string,
  text: string | undefined,
  example = '8,16,32',
): readonly number[] | undefined {
  return text?.split(',').map((part) => {
    const value = Number(part);
    if (/^\d+$/.test(part) && Number.isSafeInteger(value) && value >= 1) return value;
    throw new UsageError(`--${name} must be whole numbers from 1 such as ${example}, got ${text}`);
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

/** @throws {UsageError} unless it is a list of some of the names, with commas between */
export function someOf<Name extends string>(
  name: string,
  text: string | undefined,
  names: readonly Name[],
): readonly Name[] | undefined {
  return text?.split(',').map((part) => {
    if ((names as readonly string[]).includes(part)) return part as Name;
    throw new UsageError(`--${name} must be some of ${names.join(', ')}, got ${part}`);
  });
}

/** Height and width, as in 480x640. @throws {UsageError} */
export function imageSize(
  name: string,
  text: string | undefined,
): readonly [height: number, width: number] | undefined {
  if (text === undefined) return undefined;
  const found = /^([1-9]\d{0,6})x([1-9]\d{0,6})$/.exec(text);
  if (found === null) throw new UsageError(`--${name} must be height x width such as 480x640, got ${text}`);
  return [Number(found[1]), Number(found[2])];
}

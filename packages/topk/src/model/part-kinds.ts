/** Parts of a model that can be given as modules or as data; the latter is what a file keeps of them. */
import { Module } from '@saccade/nn';
import { OptionError, quote } from '@saccade/tensor';

/** A part as data: its kind, and what else its module takes. */
export interface PartOptions {
  readonly kind: string;
}

/** How a part of some kind is made from its data. */
export interface PartKind<Context, Part> {
  /**
   * No part of these options trains fewer values, and none many more: products of neighbouring sizes, NaN for sizes that make no sense. Files
   * are held against it before anything is made.
   */
  least(options: object, context: Context): number;
  make(options: object, context: Context): Part;
}

/** Kinds by name. */
export type PartKinds<Context, Part> = Readonly<Record<string, PartKind<Context, Part>>>;

/** What stands in a stored configuration for a module that was given. */
export const ownModule = 'module';

/** A part as data: of a kind's name, of data, or `{ kind: 'module' }` of a module. @throws {OptionError} for another kind */
export function partData<Context, Part>(
  op: string,
  part: string,
  kinds: PartKinds<Context, Part>,
  given: unknown,
): PartOptions {
  if (given instanceof Module) return { kind: ownModule };
  const data: unknown = typeof given === 'string' ? { kind: given } : given;
  const kind: unknown = Object(data).kind;
  if (typeof kind === 'string' && Object.hasOwn(kinds, kind)) return data as PartOptions;
  throw new OptionError(
    `${op}: ${part} must be a module, one of ${Object.keys(kinds).join(', ')}, or options with such a kind; got ${quote(kind ?? given)}`,
  );
}

/** The part itself: the module that was given, or one made of the data. */
export function makePart<Context, Part>(
  kinds: PartKinds<Context, Part>,
  given: unknown,
  data: PartOptions,
  context: Context,
): Part {
  if (given instanceof Module) return given as Part;
  const { kind, ...options } = data;
  return (kinds[kind] as PartKind<Context, Part>).make(options, context);
}

/** The `least` of a part; 0 of one that is a module. */
export function leastOf<Context, Part>(
  kinds: PartKinds<Context, Part>,
  { kind, ...options }: PartOptions,
  context: Context,
): number {
  return kind === ownModule ? 0 : (kinds[kind] as PartKind<Context, Part>).least(options, context);
}

/** The sum of the products of neighbours: what maps from each size to the next have at least. NaN unless all are whole numbers from 1. */
export function chainSize(...sizes: readonly unknown[]): number {
  if (!sizes.every((size) => Number.isSafeInteger(size) && (size as number) >= 1)) return Number.NaN;
  return (sizes as readonly number[]).slice(1).reduce((sum, size, i) => sum + size * (sizes[i] as number), 0);
}

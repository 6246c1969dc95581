/** Checks of what callers pass beside tensors: options by name, functions, lists. */
import { OptionError } from '@saccade/kernels';
import { brand } from './brand.js';

/** A value as an error shows it: of arrays, and of arrays in them, the first ten things; the rest in few words. */
export function quote(value: unknown): string {
  return list(value, (one) => list(one, describe));
}

function list(value: unknown, each: (one: unknown) => string): string {
  if (!Array.isArray(value)) return describe(value);
  const shown = value.slice(0, 10).map((one) => each(one));
  if (value.length > 10) shown.push(`… ${value.length - 10} more`);
  return `[${shown.join(', ')}]`;
}

/** What a caller passed instead of something else, in few words. */
export function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 40));
  if (typeof value === 'function') return 'a function';
  if (typeof value !== 'object' || value === null) return String(value);
  if (Array.isArray(value)) return 'an array';
  return brand in value ? 'a tensor' : 'an object';
}

/** The options as they are. @throws {OptionError} for anything but an object, and for a name that the operation does not know */
export function checkOptions<O extends object>(op: string, options: O, names: readonly (keyof O & string)[]): O {
  if (typeof options !== 'object' || options === null || brand in options || Array.isArray(options)) {
    throw new OptionError(`${op}: expected options such as { ${names[0]}: … }, got ${describe(options)}`);
  }
  for (const name in options) {
    if (!names.includes(name)) throw new OptionError(`${op}: no option '${name}'; there are ${names.join(', ')}`);
  }
  return options;
}

/** @throws {OptionError} unless it is a function */
export function requireFunction(op: string, f: unknown): void {
  if (typeof f !== 'function') throw new OptionError(`${op}: expected a function, got ${describe(f)}`);
}

/** @throws {OptionError} unless it is an array with something in it */
export function requireList(op: string, list: unknown): void {
  if (!Array.isArray(list)) throw new OptionError(`${op}: expected an array of tensors, got ${describe(list)}`);
  if (list.length === 0) throw new OptionError(`${op}: expected at least one tensor`);
}

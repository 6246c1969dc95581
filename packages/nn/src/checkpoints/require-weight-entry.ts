/** Checks of what a map by hand says of linear maps and norms. */
import { OptionError, quote, requireFrom, requireOneOf } from '@saccade/tensor';
import type { NormEntry, WeightEntry } from './transformer-entries.js';

/** @internal @throws {OptionError} unless it is an object */
export function requireObject(op: string, what: string, value: unknown): void {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return;
  throw new OptionError(`${op}: expected ${what}, got ${quote(value)}`);
}

/** @internal @throws {OptionError} unless all are strings; undefined stands for one that there need not be */
export function requireNames(op: string, names: Readonly<Record<string, string | undefined>>): void {
  for (const [what, name] of Object.entries(names)) {
    if (name !== undefined && typeof name !== 'string') {
      throw new OptionError(`${op}: ${what} must be the name of a tensor, got ${quote(name)}`);
    }
  }
}

/** @internal @throws {OptionError} unless it has a name and a layout that there is */
export function requireWeightEntry(op: string, entry: WeightEntry): void {
  requireObject(op, 'the entry of a weight', entry);
  const { name, layout, part, bias } = entry;
  if (name === undefined) throw new OptionError(`${op}: the entry of a weight has no name`);
  requireNames(op, { name, bias });
  requireOneOf(`${op}: ${quote(name)}`, 'layout', layout, ['out-in', 'in-out']);
  if (part !== undefined) requireObject(`${op}: ${quote(name)}`, 'a part { index, count }', part);
}

/** @internal @throws {OptionError} unless it has a weight, a kind that there is and an epsilon from 0 */
export function requireNormEntry(op: string, entry: NormEntry): void {
  requireObject(op, 'the entry of a norm', entry);
  const { weight, bias, kind, epsilon } = entry;
  if (weight === undefined) throw new OptionError(`${op}: the entry of a norm has no weight`);
  requireNames(op, { weight, bias });
  requireOneOf(`${op}: ${quote(weight)}`, 'kind', kind, ['layer', 'rms']);
  requireFrom(`${op}: ${quote(weight)}`, 'epsilon', epsilon);
}

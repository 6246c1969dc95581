/** Temperatures and widths of the relaxations: numbers above 0. */
import { OptionError, quote } from '@saccade/tensor';

/** How far a relaxation is from the hard choice. */
export interface TemperatureOptions {
  /** In the units of the scores. Default 0.1. */
  readonly tau?: number | undefined;
}

/** @throws {OptionError} unless it is a finite number above 0 */
export function requirePositive(op: string, name: string, value: number): number {
  if (typeof value === 'number' && value > 0 && value < Infinity) return value;
  throw new OptionError(`${op}: ${name} must be a number above 0, got ${quote(value)}`);
}

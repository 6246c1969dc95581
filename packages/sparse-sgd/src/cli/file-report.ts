/** What a file was found to hold. */
import type { ArrayReport } from './inspect-tensors.js';

/** The findings. */
export interface FileReport {
  /** What kind of file it is, in words. */
  readonly kind: string;
  /** Short texts under their labels. */
  readonly lines: readonly (readonly [label: string, text: string])[];
  /** The same as numbers, for JSON. */
  readonly facts: Readonly<Record<string, unknown>>;
}

/** The norm of some arrays together. */
export function normOf(arrays: readonly ArrayReport[]): number {
  return Math.hypot(...arrays.map(({ norm }) => norm));
}

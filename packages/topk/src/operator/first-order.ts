/** For backward passes that are kernels of their own, which no tape could follow: they refuse to be recorded, where they would pass for constants. */
import { GradientError, recording } from '@saccade/tensor';

/** Called first in a backward pass. @throws {GradientError} while that pass is itself recorded, as for a gradient of a gradient */
export function requireFirstOrder(op: string): void {
  if (recording()) throw new GradientError(`${op}: has no second derivative`);
}

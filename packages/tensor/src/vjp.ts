/** The gradient of a function at given inputs: forward on a tape of its own, then back. */
import { backward } from './backward.js';
import { syncScope } from './scope.js';
import { state } from './state.js';
import { Tape, withTapes } from './tape.js';
import type { Tensor } from './tensor.js';

/**
 * Gradients of sum(seed * f()) by `inputs`, undefined where f does not depend on one, and where one
 * stands again: its first place has all of it. While outer tapes record,
 * they see both passes, so the result can be differentiated again.
 */
export function pullback(f: () => Tensor, inputs: readonly Tensor[], seed: Tensor): (Tensor | undefined)[] {
  return syncScope(() => {
    const outer = state.tapes;
    const tape = new Tape(inputs);
    try {
      const output = withTapes([...outer, tape], f);
      const gradients = backward(tape, [output], [seed], inputs);
      return gradients.map((g, i) => (inputs.indexOf(inputs[i] as Tensor) === i ? g : undefined));
    } finally {
      tape.end();
    }
  });
}

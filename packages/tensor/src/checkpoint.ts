/** Less memory for more time: intermediate results are computed again for the backward pass. */
import { checkOptions, requireFunction } from './arguments.js';
import { fresh } from './engine.js';
import type { Rng, RngState } from './rng.js';
import { syncScope } from './scope.js';
import { currentScope, state } from './state.js';
import { observeUses, record, withTapes } from './tape.js';
import type { Tensor } from './tensor.js';
import { pullback } from './vjp.js';

/**
 * Computes `f` without keeping its intermediate results for the backward pass, which computes them again:
 * less memory for one more forward pass. Gradients flow to the tensors that `f` uses from around it too.
 * @throws {OptionError} unless `f` is a function
 * @param options.rng a generator that `f` draws from: the second pass draws the same numbers
 */
export function checkpoint<A extends readonly unknown[]>(
  f: (...inputs: A) => Tensor,
  options: { rng?: Rng | undefined } = {},
): (...inputs: A) => Tensor {
  requireFunction('checkpoint', f);
  const { rng } = checkOptions('checkpoint', options, ['rng']);
  return (...inputs) => {
    const { tapes } = state;
    if (tapes.length === 0) return syncScope(() => f(...inputs));
    const place = rng?.state;
    const { output, uses } = syncScope(() => {
      const { result, uses } = observeUses(() =>
        fresh(
          'checkpoint',
          withTapes([], () => f(...inputs)),
        ),
      );
      const scope = currentScope();
      return { output: result, uses: uses.filter((t) => t.scope !== scope) };
    });
    // What `f` used from around it: gradients flow to what a tape tracks, the rest is needed again.
    const tracked = uses.filter((t) => tapes.some((tape) => tape.tracks(t)));
    const again = (): Tensor => f(...inputs);
    record(
      output,
      tracked,
      (dy) => pullback(rng && place ? () => replay(rng, place, again) : again, tracked, dy),
      uses,
    );
    return output;
  };
}

/** Runs `body` with the generator at an earlier place, and sets it back. */
function replay<R>(rng: Rng, place: RngState, body: () => R): R {
  const now = rng.state;
  rng.state = place;
  try {
    return body();
  } finally {
    rng.state = now;
  }
}

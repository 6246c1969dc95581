/** Less memory for more time: intermediate results are computed again for the backward pass. */
import { checkOptions, requireFunction } from './arguments.js';
import { fresh } from './engine.js';
import type { Rng, RngState } from './rng.js';
import { syncScope } from './scope.js';
import { currentScope } from './state.js';
import { isPinned, isTracked, observeUses, record, recording, unrecorded } from './tape.js';
import type { Tensor } from './tensor.js';
import { pullback } from './vjp.js';

/**
 * Computes `f` without keeping its intermediate results for the backward pass, which computes them again:
 * less memory for one more forward pass. Gradients flow to the tensors that `f` uses from around it too.
 * @throws {OptionError} unless `f` is a function
 * @param options.rng the generators that `f` draws from, one or all of a module (`[...layer.generators().values()]`): the
 *   second pass draws the same numbers
 */
export function checkpoint<A extends readonly unknown[]>(
  f: (...inputs: A) => Tensor,
  options: { rng?: Rng | readonly Rng[] | undefined } = {},
): (...inputs: A) => Tensor {
  requireFunction('checkpoint', f);
  const { rng = [] } = checkOptions('checkpoint', options, ['rng']);
  const generators: readonly Rng[] = Array.isArray(rng) ? (rng as readonly Rng[]) : [rng as Rng];
  return (...inputs) => {
    if (!recording()) return syncScope(() => f(...inputs));
    const places = generators.map((generator) => generator.state);
    const { output, uses } = syncScope(() => {
      const { result, uses } = observeUses(() =>
        fresh(
          'checkpoint',
          unrecorded(() => f(...inputs)),
        ),
      );
      const scope = currentScope();
      return { output: result, uses: uses.filter((t) => t.scope !== scope || isPinned(t)) };
    });
    // What `f` used from around it: gradients flow to what a tape tracks, the rest is needed again.
    const tracked = uses.filter(isTracked);
    const again = (): Tensor => f(...inputs);
    record(output, tracked, (dy) => pullback(() => replay(generators, places, again), tracked, dy), uses);
    return output;
  };
}

/** Runs `body` with the generators at earlier places, and sets them back. */
function replay<R>(generators: readonly Rng[], places: readonly RngState[], body: () => R): R {
  const now = generators.map((generator) => generator.state);
  const goTo = (states: readonly RngState[]): void => {
    generators.forEach((generator, i) => {
      generator.state = states[i] as RngState;
    });
  };
  goTo(places);
  try {
    return body();
  } finally {
    goTo(now);
  }
}

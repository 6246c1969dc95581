/** The backward pass: from the gradient of the outputs, step by step, to that of the targets. */
import { add } from './ops/arithmetic.js';
import { reusableScope, syncScope } from './scope.js';
import { currentScope } from './state.js';
import type { Rule, Tape } from './tape.js';
import { recording } from './tape.js';
import { release, type Tensor } from './tensor.js';

/** Gradients that wait for their step, summed over all uses of their tensor; freed as soon as they are used up. */
class Cotangents {
  readonly #of = new Map<Tensor, Tensor>();
  readonly #mayFree: (gradient: Tensor) => boolean;

  constructor(mayFree: (gradient: Tensor) => boolean) {
    this.#mayFree = mayFree;
  }

  get(t: Tensor): Tensor | undefined {
    return this.#of.get(t);
  }

  add(t: Tensor, gradient: Tensor): void {
    const sum = this.#of.get(t);
    const total = sum === undefined ? gradient : add(sum, gradient);
    this.#of.set(t, total);
    // A rule may hand on the gradient that it got, or one for several inputs.
    total.holders += 1;
    if (sum !== undefined) this.drop(sum);
  }

  delete(t: Tensor): void {
    const gradient = this.#of.get(t);
    this.#of.delete(t);
    if (gradient !== undefined) this.drop(gradient);
  }

  /** Lets go of a gradient at one place; freed if that was the last. */
  drop(gradient: Tensor): void {
    gradient.holders -= 1;
    if (gradient.holders === 0 && this.#mayFree(gradient)) release(gradient);
  }

  /** Lets go of what is left, without freeing it. */
  end(): void {
    for (const gradient of this.#of.values()) gradient.holders -= 1;
  }
}

function pull(rule: Rule, dy: Tensor, needs: readonly boolean[]): readonly (Tensor | undefined)[] {
  if (typeof rule === 'function') return rule(dy, needs);
  return needs.map((needed, i) => (needed ? rule[i]?.(dy) : undefined));
}

/**
 * Gradients of sum(seeds * outputs) by `targets`, in their order; undefined where the outputs do not depend on one.
 * Runs after the tape stopped recording; tapes that still record see the whole pass, for higher derivatives.
 */
export function backward(
  tape: Tape,
  outputs: readonly Tensor[],
  seeds: readonly Tensor[],
  targets: readonly Tensor[],
): (Tensor | undefined)[] {
  return syncScope(() => run(tape, outputs, seeds, targets));
}

function run(
  tape: Tape,
  outputs: readonly Tensor[],
  seeds: readonly Tensor[],
  targets: readonly Tensor[],
): (Tensor | undefined)[] {
  const wanted = new Set(targets);
  const scope = currentScope();
  const rules = reusableScope();
  const cotangents = new Cotangents((g) => g.scope === scope && !recording());
  try {
    for (const [i, output] of outputs.entries()) cotangents.add(output, seeds[i] as Tensor);
    for (let s = tape.steps.length - 1; s >= 0; s--) {
      const { inputs, output, rule } = tape.steps[s] as Tape['steps'][number];
      const dy = cotangents.get(output);
      if (dy === undefined) continue;
      const needs = inputs.map((t) => tape.tracks(t));
      const gradients = rules.run(() => pull(rule, dy, needs));
      // Held until all are added: one may be there for several inputs.
      for (const gradient of gradients) if (gradient !== undefined) gradient.holders += 1;
      for (let i = 0; i < gradients.length; i++) {
        const gradient = gradients[i];
        if (gradient !== undefined && needs[i]) cotangents.add(inputs[i] as Tensor, gradient);
      }
      for (const gradient of gradients) if (gradient !== undefined) cotangents.drop(gradient);
      if (!wanted.has(output)) cotangents.delete(output);
    }
    return targets.map((t) => cotangents.get(t));
  } finally {
    cotangents.end();
    rules.end();
  }
}

/** The tape: which operations led from watched tensors to a result. */
import type { Shape } from './shape.js';
import { state } from './state.js';
import type { Tensor } from './tensor.js';

/** Gradient by one input, given the gradient by the output. */
export type PartialRule = (dy: Tensor) => Tensor;

/** Gradients by all inputs at once; `needs` tells which are wanted. */
export type JointRule = (dy: Tensor, needs: readonly boolean[]) => readonly (Tensor | undefined)[];

/** One rule an input (undefined: no gradient flows there), or one for all. */
export type Rule = readonly (PartialRule | undefined)[] | JointRule;

/** One recorded operation. */
export interface Step {
  readonly inputs: readonly Tensor[];
  readonly output: Tensor;
  readonly rule: Rule;
}

/** Records the operations on watched tensors and on what comes from them. */
export class Tape {
  /** Recorded operations, first to last. */
  readonly steps: Step[] = [];
  /** Everything that the backward pass may read: true for watched tensors and what comes from them, false for the rest. */
  readonly #known = new Map<Tensor, boolean>();

  constructor(watched: Iterable<Tensor>) {
    for (const t of watched) this.#known.set(t, true);
  }

  /** Whether `t` is watched or comes from something watched. */
  tracks(t: Tensor): boolean {
    return this.#known.get(t) === true;
  }

  /** Whether the backward pass may read `t`. */
  pins(t: Tensor): boolean {
    return this.#known.has(t);
  }

  /** Notes an operation if it concerns a watched tensor. */
  record(output: Tensor, inputs: readonly Tensor[], rule: Rule, saved: readonly (Tensor | undefined)[]): void {
    if (!inputs.some((t) => this.tracks(t))) return;
    this.#known.set(output, true);
    for (const t of inputs) if (!this.#known.has(t)) this.#known.set(t, false);
    for (const t of saved) if (t !== undefined && !this.#known.has(t)) this.#known.set(t, false);
    this.steps.push({ inputs, output, rule });
  }
}

/** Whether the backward pass of an active tape may read `t`. */
export function isPinned(t: Tensor): boolean {
  for (const tape of state.tapes) if (tape.pins(t)) return true;
  return false;
}

const none: readonly undefined[] = [];

/**
 * Tells the active tapes about an operation. Operations call this after they computed `output`.
 * @param saved what else the rule reads: it lives as long as the tape, whatever scope it was made in
 */
export function record(
  output: Tensor,
  inputs: readonly Tensor[],
  rule: Rule,
  saved: readonly (Tensor<Shape> | undefined)[] = none,
): void {
  for (const tape of state.tapes) tape.record(output, inputs, rule, saved as readonly (Tensor | undefined)[]);
}

/** Runs `body` and returns it with the tensors that operations read meanwhile, if they live on. */
export function observeUses<R>(body: () => R): { result: R; uses: Tensor[] } {
  const outer = state.uses;
  const uses = new Set<Tensor>();
  state.uses = uses;
  try {
    const result = body();
    return { result, uses: [...uses].filter((t) => t.storage !== undefined) };
  } finally {
    state.uses = outer;
    if (outer !== undefined) for (const t of uses) outer.add(t);
  }
}

/** Runs `body` with exactly these tapes recording. */
export function withTapes<R>(tapes: readonly Tape[], body: () => R): R {
  const before = state.tapes;
  state.tapes = tapes;
  try {
    return body();
  } finally {
    state.tapes = before;
  }
}

/** True while something records: inside a backward pass, fused gradients then give way to composed ones, or say that they cannot. */
export function recording(): boolean {
  return state.tapes.length > 0;
}

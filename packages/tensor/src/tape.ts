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
  /** No backward pass will read this tape any more: tensors that it marked may be marked by another. */
  ended = false;
  /** What the backward pass may read and another tape had marked already: nested tapes only. */
  #others: Map<Tensor, boolean> | undefined;

  constructor(watched: Iterable<Tensor>) {
    for (const t of watched) this.#mark(t, true);
  }

  /** Whether `t` is watched or comes from something watched; undefined if the backward pass does not read it. */
  #known(t: Tensor): boolean | undefined {
    return t.tape === this ? t.tracked : this.#others?.get(t);
  }

  /** The mark stands on the tensor itself: a Map for every tape cost more than small operations. */
  #mark(t: Tensor, tracked: boolean): void {
    if (t.tape === undefined || t.tape.ended) {
      t.tape = this;
      t.tracked = tracked;
    } else {
      this.#others ??= new Map();
      this.#others.set(t, tracked);
    }
  }

  /** Whether `t` is watched or comes from something watched. */
  tracks(t: Tensor): boolean {
    return this.#known(t) === true;
  }

  /** Whether the backward pass may read `t`. */
  pins(t: Tensor): boolean {
    return this.#known(t) !== undefined;
  }

  /** Notes an operation if it concerns a watched tensor. */
  record(output: Tensor, inputs: readonly Tensor[], rule: Rule, saved: readonly (Tensor | undefined)[]): void {
    let concerned = false;
    for (let i = 0; i < inputs.length && !concerned; i++) concerned = this.tracks(inputs[i] as Tensor);
    if (!concerned) return;
    this.#mark(output, true);
    for (const t of inputs) if (!this.pins(t)) this.#mark(t, false);
    for (const t of saved) if (t !== undefined && !this.pins(t)) this.#mark(t, false);
    this.steps.push({ inputs, output, rule });
  }

  /** Forgets everything: a tensor that lives on must not hold what led to it. */
  end(): void {
    this.ended = true;
    this.steps.length = 0;
    this.#others = undefined;
  }
}

/** Whether the backward pass of an active tape, or of one that looks away, may read `t`. */
export function isPinned(t: Tensor): boolean {
  const { tapes, hidden } = state;
  for (let i = 0; i < tapes.length; i++) if ((tapes[i] as Tape).pins(t)) return true;
  for (let i = 0; i < hidden.length; i++) if ((hidden[i] as Tape).pins(t)) return true;
  return false;
}

/** Whether what records follows `t`: the backward pass will ask for a gradient by it, or by what it was computed from. */
export function isTracked(t: Tensor<Shape>): boolean {
  return state.tapes.some((tape) => tape.tracks(t));
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
  for (const tape of state.tapes) tape.record(output, inputs, rule, saved);
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

/** Runs `body` while no tape looks; what tapes need lives on, whatever `body` disposes. */
export function unrecorded<R>(body: () => R): R {
  const { hidden } = state;
  state.hidden = [...hidden, ...state.tapes];
  try {
    return withTapes([], body);
  } finally {
    state.hidden = hidden;
  }
}

/** True while something records: inside a backward pass, fused gradients then give way to composed ones, or say that they cannot. */
export function recording(): boolean {
  return state.tapes.length > 0;
}

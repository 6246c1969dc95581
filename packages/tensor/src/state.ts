/** What all tensors of a process share: live counts, the current scope, the active tapes. */
import type { Scope } from './scope.js';
import type { Tape } from './tape.js';

/** Where the current scope is kept; each asynchronous call chain has its own where the host can tell them apart. */
export interface ScopeCell {
  scope: Scope | undefined;
}

interface State {
  /** Tensors that were made and not disposed. */
  tensors: number;
  /** Tapes that record, outermost first. */
  tapes: readonly Tape[];
  /** The cell of code that runs in no asynchronous scope. */
  readonly root: ScopeCell;
  /** Finds the cell of the running call chain once asynchronous scopes are in use. */
  cellOf: (() => ScopeCell | undefined) | undefined;
}

/** Shared by the ESM and CommonJS copies of this package, should both be loaded. */
const slot = Symbol.for('@saccade/tensor:state');
const host = globalThis as { [slot]?: State };
host[slot] ??= { tensors: 0, tapes: [], root: { scope: undefined }, cellOf: undefined };

/** The one state. */
export const state: State = host[slot];

/** The cell that holds the current scope. */
export function currentCell(): ScopeCell {
  return state.cellOf?.() ?? state.root;
}

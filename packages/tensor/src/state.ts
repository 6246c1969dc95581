/** What all tensors of a process share: live counts, the current scope, the active tapes. */
import type { Scope } from './scope.js';
import type { Tape } from './tape.js';
import type { Tensor } from './tensor.js';

/** Where the current scope is kept; each asynchronous call chain has its own where the host can tell them apart. */
export interface ScopeCell {
  scope: Scope | undefined;
}

/** Finds the cell of the running asynchronous call chain. */
export interface CallChains {
  getStore(): ScopeCell | undefined;
  run<R>(cell: ScopeCell, body: () => R): R;
}

interface State {
  /** Gets every tensor that an operation reads, while someone wants to know. */
  uses: Set<Tensor> | undefined;
  /** Tensors that were made and not disposed. */
  tensors: number;
  /** Tapes that record, outermost first. */
  tapes: readonly Tape[];
  /** Tapes that look away, while a function with a backward pass of its own is computed: what they need still stays. */
  hidden: readonly Tape[];
  /** The cell of code that runs in no asynchronous scope. */
  readonly root: ScopeCell;
  /** Set by the first scope; null where the host cannot tell call chains apart. */
  chains: CallChains | null | undefined;
}

/** Shared by the ESM and CommonJS copies of this package, should both be loaded. */
const slot = Symbol.for('@saccade/tensor:state');
const host = globalThis as { [slot]?: State };
host[slot] ??= { uses: undefined, tensors: 0, tapes: [], hidden: [], root: { scope: undefined }, chains: undefined };

/** The one state. */
export const state: State = host[slot];

/** The cell that holds the current scope. */
export function currentCell(): ScopeCell {
  return state.chains?.getStore() ?? state.root;
}

/** The scope itself, or the nearest around it that is open. */
export function openScope(scope: Scope | undefined): Scope | undefined {
  let nearest = scope;
  while (nearest?.closed) nearest = nearest.parent;
  return nearest;
}

/** The scope that owns what is made now. */
export function currentScope(): Scope | undefined {
  return openScope(currentCell().scope);
}

/** Scopes: all tensors made inside are freed at the end, except the ones returned. */
import { requireFunction } from './arguments.js';
import { type CallChains, currentCell, currentScope, openScope, type ScopeCell, state } from './state.js';
import { isPinned } from './tape.js';
import { adopt, release, type Tensor } from './tensor.js';
import { TensorList } from './tensor-list.js';
import { forEachTensor } from './tree.js';

/** A scope. */
export interface Scope {
  readonly parent: Scope | undefined;
  readonly tensors: TensorList;
  /** Frees nothing any more; what is made late belongs to the nearest open scope around it. */
  closed: boolean;
  /** Of an asynchronous scope on a host that cannot tell call chains apart: still running. */
  pending: boolean;
}

function open(cell: ScopeCell): Scope {
  const scope: Scope = {
    parent: openScope(cell.scope),
    tensors: new TensorList(),
    closed: false,
    pending: false,
  };
  cell.scope = scope;
  return scope;
}

/** Whether `scope` is `outer` or was opened in it. */
function isWithin(scope: Scope | undefined, outer: Scope): boolean {
  let at = scope;
  while (at !== undefined && at !== outer) at = at.parent;
  return at === outer;
}

/** Frees what the scope holds, except the tensors of `result`, which go to the parent, and what a tape still needs. */
function close(scope: Scope, result: unknown): void {
  scope.closed = true;
  const parent = openScope(scope);
  forEachTensor(result, (t) => {
    if (isWithin(t.scope, scope)) adopt(t, parent);
  });
  scope.tensors.forEach((t) => {
    if (isPinned(t)) adopt(t, parent);
    else release(t);
  });
}

/** Ends a scope; its cell goes on with the one around it, or with an asynchronous one that still runs. */
function leave(scope: Scope, cell: ScopeCell, result: unknown): void {
  close(scope, result);
  cell.scope = openScope(cell.scope);
}

/** A scope around a synchronous body: the fast path, and what `grad` uses. */
export function syncScope<R>(body: () => R): R {
  const cell = currentCell();
  const scope = open(cell);
  let result: R | undefined;
  try {
    result = body();
    return result;
  } finally {
    leave(scope, cell, result);
  }
}

/** A scope for many short synchronous bodies, one after another: what the backward pass runs its rules in. */
export interface ReusableScope {
  /** Runs a body and frees what it made, except the tensors it returns in a list, which go to the scope around it. */
  run<R extends readonly (Tensor | undefined)[]>(body: () => R): R;
  /** No body comes any more: what is made late belongs to the scope around it. */
  end(): void;
}

/** Opens nothing yet: `run` does, within the scope that is current when this is called. */
export function reusableScope(): ReusableScope {
  const cell = currentCell();
  const parent = openScope(cell.scope);
  const own: Scope = { parent, tensors: new TensorList(), closed: false, pending: false };
  const end = (t: Tensor): void => {
    if (isPinned(t)) adopt(t, parent);
    else release(t);
  };
  return {
    run(body) {
      cell.scope = own;
      try {
        const result = body();
        for (let i = 0; i < result.length; i++) if (result[i]?.scope === own) adopt(result[i] as Tensor, parent);
        return result;
      } finally {
        own.tensors.forEach(end);
        cell.scope = parent;
      }
    },
    end() {
      own.closed = true;
    },
  };
}

/** Node, Bun and Deno can tell asynchronous call chains apart; browsers cannot yet. */
function callChains(): CallChains | null {
  if (state.chains === undefined) {
    const host = globalThis as { process?: { getBuiltinModule?: (name: string) => unknown } };
    const hooks = host.process?.getBuiltinModule?.('node:async_hooks') as
      | { AsyncLocalStorage: new () => CallChains }
      | undefined;
    state.chains = hooks === undefined ? null : new hooks.AsyncLocalStorage();
  }
  return state.chains;
}

async function settle<R>(promise: PromiseLike<R>, scope: Scope): Promise<R> {
  let result: R | undefined;
  try {
    result = await promise;
    return result;
  } finally {
    close(scope, result);
  }
}

/** Without call chains, an asynchronous scope stays current until it settles, and frees only when no older one runs. */
async function settleShared<R>(promise: PromiseLike<R>, scope: Scope, cell: ScopeCell): Promise<R> {
  let result: R | undefined;
  scope.pending = true;
  try {
    result = await promise;
    return result;
  } finally {
    scope.pending = false;
    let older = scope.parent;
    while (older !== undefined && !older.pending) older = older.parent;
    if (older === undefined) close(scope, result);
    else {
      scope.closed = true;
      scope.tensors.forEach((t) => {
        adopt(t, older);
      });
    }
    cell.scope = openScope(cell.scope);
  }
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
}

/**
 * Runs `body` and frees every tensor made inside, except those that it returns (alone, or in arrays, objects, maps).
 * A `body` that returns a promise is awaited first. Scopes nest; what an inner one returns belongs to the outer one.
 *
 * In browsers, which cannot tell asynchronous call chains apart yet, all tensors made while an asynchronous scope
 * runs belong to it, and overlapping ones free together when the oldest ends.
 * @throws {OptionError} unless `body` is a function
 */
export function scope<R>(body: () => R): R {
  requireFunction('scope', body);
  const chains = callChains();
  const cell = chains === null ? currentCell() : { scope: currentScope() };
  const own = open(cell);
  let result: R | undefined;
  try {
    result = chains === null ? body() : chains.run(cell, body);
  } finally {
    if (!isPromise(result)) leave(own, cell, result);
  }
  if (!isPromise(result)) return result;
  return (chains === null ? settleShared(result, own, cell) : settle(result, own)) as R;
}

/** Takes tensors (alone or in arrays and objects) out of all scopes: they live until they are disposed. Returns its argument. */
export function keep<T>(tree: T): T {
  forEachTensor(tree, (t) => adopt(t, undefined));
  return tree;
}

/** Disposes all tensors of a tree. */
export function dispose(tree: unknown): void {
  forEachTensor(tree, (t) => t.dispose());
}

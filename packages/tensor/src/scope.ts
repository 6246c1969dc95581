/** Scopes: all tensors made inside are freed at the end, except the ones returned. */
import { unwatch, watch } from './leaks.js';
import { currentCell, type ScopeCell, state } from './state.js';
import { release, type Tensor } from './tensor.js';
import { forEachTensor } from './tree.js';

/** An open scope. */
export interface Scope {
  readonly parent: Scope | undefined;
  readonly tensors: Set<Tensor>;
  /** Of an asynchronous scope on a host that cannot tell call chains apart: still running. */
  pending: boolean;
}

function open(cell: ScopeCell): Scope {
  const scope: Scope = {
    parent: cell.scope,
    tensors: new Set(),
    pending: false,
  };
  cell.scope = scope;
  return scope;
}

/** Hands a tensor to another scope; without one it lives until it is disposed. */
function adopt(t: Tensor, scope: Scope | undefined): void {
  if (t.storage === undefined || t.scope === scope) return;
  if (t.scope !== undefined) t.scope.tensors.delete(t);
  else unwatch(t);
  t.scope = scope;
  if (scope !== undefined) scope.tensors.add(t);
  else watch(t);
}

/** Frees what the scope holds, except the tensors of `result`, which go to the parent, and what a tape still needs. */
function close(scope: Scope, result: unknown): void {
  const { parent } = scope;
  forEachTensor(result, (t) => {
    if (t.scope === scope) adopt(t, parent);
  });
  for (const t of scope.tensors) {
    if (state.tapes.some((tape) => tape.pins(t))) adopt(t, parent);
    else release(t);
  }
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
    cell.scope = scope.parent;
    close(scope, result);
  }
}

interface AsyncStorage {
  getStore(): ScopeCell | undefined;
  run<R>(cell: ScopeCell, body: () => R): R;
}

let storage: AsyncStorage | undefined | null = null;

/** Node, Bun and Deno can tell asynchronous call chains apart; browsers cannot yet. */
function asyncStorage(): AsyncStorage | undefined {
  if (storage === null) {
    const host = globalThis as { process?: { getBuiltinModule?: (name: string) => unknown } };
    const hooks = host.process?.getBuiltinModule?.('node:async_hooks') as
      | { AsyncLocalStorage: new () => AsyncStorage }
      | undefined;
    storage = hooks && new hooks.AsyncLocalStorage();
    if (storage) {
      const found = storage;
      state.cellOf = () => found.getStore();
    }
  }
  return storage ?? undefined;
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
    if (older !== undefined) for (const t of [...scope.tensors]) adopt(t, older);
    else close(scope, result);
    while (cell.scope !== undefined && cell.scope === scope) cell.scope = scope.parent;
  }
}

/** Async functions announce themselves; others are known by the promise that they return. */
function isAsync(body: unknown): boolean {
  return Object.prototype.toString.call(body) === '[object AsyncFunction]';
}

/**
 * Runs `body` and frees every tensor made inside, except those that it returns (alone, or in arrays, objects, maps).
 * A `body` that returns a promise is awaited first. Scopes nest; what an inner one returns belongs to the outer one.
 *
 * In browsers, which cannot tell asynchronous call chains apart yet, all tensors made while an asynchronous scope
 * runs belong to it, and overlapping ones free together when the oldest ends.
 */
export function scope<R>(body: () => R): R {
  if (!isAsync(body)) return maybeAsync(body);
  const chains = asyncStorage();
  if (chains === undefined) return maybeAsync(body);
  const cell: ScopeCell = { scope: currentCell().scope };
  const own = open(cell);
  return settle(chains.run(cell, body) as PromiseLike<unknown>, own) as R;
}

function maybeAsync<R>(body: () => R): R {
  const cell = currentCell();
  const own = open(cell);
  let result: R;
  try {
    result = body();
  } catch (error) {
    cell.scope = own.parent;
    close(own, undefined);
    throw error;
  }
  if (typeof (result as { then?: unknown } | null)?.then === 'function') {
    return settleShared(result as PromiseLike<unknown>, own, cell) as R;
  }
  cell.scope = own.parent;
  close(own, result);
  return result;
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

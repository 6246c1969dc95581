/** Using a model: in evaluation mode, with nothing left behind. */
import { requireFunction, scope } from '@saccade/tensor';
import { requireModule } from './check.js';
import type { AnyModule } from './module.js';

/** Modules that are in use, by how many at once, and the mode that each goes back to. */
const inUse = new WeakMap<AnyModule, { users: number; readonly training: boolean }>();

function enter(module: AnyModule): void {
  const use = inUse.get(module) ?? { users: 0, training: module.training };
  use.users += 1;
  inUse.set(module, use);
}

function leave(module: AnyModule): void {
  const use = inUse.get(module) as { users: number; readonly training: boolean };
  use.users -= 1;
  if (use.users === 0) inUse.delete(module);
  module.train(use.users === 0 && use.training);
}

/**
 * Runs `body` in a scope with a model in evaluation mode: no dropout, running statistics. Each part goes back to its mode
 * at the end, or at that of the last of several that overlap. `const scores = inference(model, () => model.forward(images))`.
 */
export function inference<R>(model: AnyModule, body: () => R): R {
  requireModule('inference', model);
  requireFunction('inference', body);
  const modules = [...model.modules().values()];
  // Outer modules come first, so each part ends in its own mode.
  const restore = (): void => modules.forEach(leave);
  modules.forEach(enter);
  model.eval();
  let result: R | undefined;
  try {
    result = scope(body);
  } finally {
    if (!isPromise(result)) restore();
  }
  return isPromise(result) ? (result.finally(restore) as R) : result;
}

function isPromise(value: unknown): value is Promise<unknown> {
  return value instanceof Promise;
}

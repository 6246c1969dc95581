/** Using a model: in evaluation mode, with nothing left behind. */
import { scope } from '@saccade/tensor';
import type { AnyModule } from './module.js';

/**
 * Runs `body` in a scope with a model in evaluation mode, and sets each part back to its mode: no dropout, running
 * statistics. `const scores = inference(model, () => model.forward(images))`.
 */
export function inference<R>(model: AnyModule, body: () => R): R {
  const modes = [...model.modules().values()].map((module) => ({ module, training: module.training }));
  const restore = (): void => {
    // Outer modules come first, so each part ends in its own mode.
    for (const { module, training } of modes) module.train(training);
  };
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

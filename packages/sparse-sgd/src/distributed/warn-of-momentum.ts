/** Momentum behind a memory. */
import type { Optimizer } from '@saccade/nn';
import type { Settings } from './settings.js';

/**
 * Tells once that momentum stands behind a memory: entries that come late come with a momentum that is later still, so they overshoot.
 * PowerSGD is made for that, and sends everything at once.
 */
export function warnOfMomentum(inner: Optimizer, { feedback }: Settings): void {
  if (feedback !== 'memory' && feedback !== 'dgc') return;
  const hasVelocity = [...inner.state().keys()].some((name) => name.startsWith('velocity.'));
  if (!hasVelocity) return;
  console.warn(
    "DistributedOptimizer: the optimizer's momentum comes after a memory and will overshoot where entries are sent late. " +
      "Take new SGD(model, { rate }) without momentum and { feedback: 'dgc', momentum: 0.9 }, which corrects for it.",
  );
}

/** The entries of a linear map and of a norm, by what the checkpoint has of them. */
import { configNumber } from './config-values.js';
import type { StackPlan } from './stack-plan.js';
import type { NormEntry, WeightEntry } from './transformer-entries.js';

/** @param name without `.weight` @internal */
export function weightEntry({ has, stack }: StackPlan, name: string, part?: WeightEntry['part']): WeightEntry {
  const bias = has(`${name}.bias`) ? `${name}.bias` : undefined;
  return { name: `${name}.weight`, layout: stack.names.layout, ...(part && { part }), ...(bias && { bias }) };
}

/** @param name without `.weight`; old files say gamma and beta @internal */
export function normEntry(plan: StackPlan, name: string): NormEntry {
  const { op, has, config, stack } = plan;
  const { norm: kind, epsilon: usual } = stack.names;
  const old = !has(`${name}.weight`) && has(`${name}.gamma`);
  const [weight, bias] = old ? [`${name}.gamma`, `${name}.beta`] : [`${name}.weight`, `${name}.bias`];
  const epsilonNames = ['layer_norm_eps', 'layer_norm_epsilon', 'rms_norm_eps'];
  const epsilon = configNumber(op, config, epsilonNames, 1) ?? usual;
  return { weight, ...(has(bias) && { bias }), kind, epsilon };
}

/** Where configurations say how many heads a model has. */
import type { ModelConfig } from '@saccade/nn';
import { OptionError } from '@saccade/tensor';
import type { CheckpointView } from './checkpoint-adapter.js';

const usual = ['num_attention_heads', 'n_heads', 'n_head', 'num_heads'];

/** Whether a configuration, or a part of it, has one of the names. */
function tells(config: ModelConfig, names: readonly string[]): boolean {
  const has = (part: unknown): boolean =>
    typeof part === 'object' && part !== null && names.some((name) => Object.hasOwn(part, name));
  return has(config) || Object.values(config).some(has);
}

/** @throws {OptionError} unless the caller or the configuration says how many heads there are */
export function requireHeads(
  { op, config, heads }: CheckpointView,
  family: string,
  names: readonly string[] = [],
): void {
  if (heads !== undefined || tells(config, [...names, ...usual])) return;
  throw new OptionError(
    `${op}: nothing says how many heads the layers of ${family} have: pass heads, or the model's config.json`,
  );
}

/** The first of the names that the configuration has; null stands for nothing. */
export function headsIn(config: ModelConfig, names: readonly string[]): unknown {
  const name = [...names, ...usual].find((one) => Object.hasOwn(config, one) && config[one] !== null);
  return name === undefined ? undefined : config[name];
}

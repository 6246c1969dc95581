/** The entry of what comes before the first layer. */
import { FormatError } from '@saccade/tensor';
import { configCount, configWord } from './config-values.js';
import type { StackPlan } from './stack-plan.js';
import type { EmbeddingEntry } from './transformer-entries.js';
import { normEntry, weightEntry } from './weight-entry.js';

/** Undefined for a bare stack, which has neither tokens nor patches. @internal @throws {FormatError} */
export function embeddingEntry(plan: StackPlan, absolute: boolean): EmbeddingEntry | undefined {
  const { has, stack } = plan;
  const { token, patch, first, position, type, norm, projection } = stack.names.embeddings;
  const named = (name: string): string => stack.prefix + name.replace('?', '');
  /** The full name; undefined for one that may be missing and is. */
  const there = (name: string | undefined, suffix: string): string | undefined =>
    name === undefined || (name.endsWith('?') && !has(named(name) + suffix)) ? undefined : named(name);
  const tokens = token?.map(named).find(has);
  const patches = patch !== undefined && has(`${named(patch)}.weight`) ? named(patch) : undefined;
  if (tokens === undefined && patches === undefined) return undefined;
  if (patches !== undefined) requireTiles(plan);
  const offset = offsetOf(plan);
  const vectors = first?.map((name) => there(name, '')).filter((name) => name !== undefined);
  const [normName, projectionName] = [there(norm, '.weight'), there(projection, '.weight')];
  return {
    ...(tokens && { token: tokens }),
    ...(patches && { patch: { ...weightEntry(plan, patches), layout: 'out-in' } }),
    ...(vectors && { first: vectors }),
    ...(position && absolute && { position: named(position) }),
    ...(offset > 0 && { positionOffset: offset }),
    ...(type && { type: named(type) }),
    ...(normName && { norm: normEntry(plan, normName) }),
    ...(projectionName && { projection: weightEntry(plan, projectionName) }),
  };
}

/** The patches of an entry lie side by side; those of spectrograms overlap unless the configuration says otherwise. */
function requireTiles({ op, config }: StackPlan): void {
  if (configWord(op, config, ['model_type']) !== 'audio-spectrogram-transformer') return;
  const extent = (name: string, usual: number): number => configCount(op, config, [name], 2 ** 24)?.value ?? usual;
  const size = extent('patch_size', 16);
  const strides = [extent('frequency_stride', 10), extent('time_stride', 10)];
  if (strides.every((stride) => stride === size)) return;
  throw new FormatError(
    `${op}: frequency_stride and time_stride must be the patch_size ${size}, got ${strides.join(' and ')}: ` +
      'patches that overlap have no entry; attentionMap needs none',
  );
}

/** RoBERTa counts positions from behind the number of its padding token. */
function offsetOf({ op, config, stack }: StackPlan): number {
  const model = configWord(op, config, ['model_type']) ?? stack.prefix;
  if (stack.family !== 'bert' || !/roberta|camembert/.test(model)) return 0;
  return (configCount(op, config, ['pad_token_id'], 2 ** 32, 0)?.value ?? 1) + 1;
}

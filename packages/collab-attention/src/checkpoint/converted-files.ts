/** The tensors of a converted checkpoint: what is new, what is cut out, what has another name, and all else as it was. */
import { FormatError, type LazyEntry, type SafetensorsFile, type StoredArray } from '@saccade/tensor';
import type { SharableLayer } from './attention-layers.js';
import { type SharedNames, sharedNames } from './checkpoint-adapter.js';
import type { OpenCheckpoint } from './checkpoint-source.js';
import { quotedName } from './quoted-name.js';
import type { CheckpointForm, SharedLayer } from './shared-block.js';
import { biasPart, weightPart } from './value-part.js';
import type { CheckpointFile } from './written-checkpoint.js';

type Entry = LazyEntry | StoredArray;

/** What a converted layer puts in the place of its queries and keys. */
export interface Replacement {
  readonly layer: SharableLayer;
  readonly tensors: ReadonlyMap<string, Entry>;
}

/** Names of values that a conversion moves; none where they stay. */
export function movedValue(
  layer: SharableLayer,
  form: CheckpointForm,
): Pick<SharedLayer['names'], 'value' | 'valueBias'> {
  const { value } = layer;
  if (value === undefined) return {};
  const names = sharedNames(layer, form);
  if (isFused(layer)) return { value: names.value, ...(value.bias !== undefined && { valueBias: names.valueBias }) };
  const renames = form === 'released' ? (layer.released?.renames ?? {}) : {};
  if (!Object.hasOwn(renames, value.name)) return {};
  const { name, bias } = value;
  return { value: renames[name], ...(bias !== undefined && { valueBias: renames[bias] ?? bias }) };
}

/** Whether values lie in the tensor of queries or keys. */
export function isFused({ query, key, value }: SharableLayer): boolean {
  return value !== undefined && (value.name === query.name || value.name === key.name);
}

/** Tensors that go. */
function removedNames({ query, key }: SharableLayer): string[] {
  return [query.name, query.bias, key.name, key.bias].filter((name) => name !== undefined);
}

/** Values out of the tensor that goes. */
function cutOut(file: SafetensorsFile, layer: SharableLayer, names: SharedNames): [string, LazyEntry][] {
  const { value } = layer;
  if (value === undefined || !isFused(layer)) return [];
  const bias = value.bias;
  const weight: [string, LazyEntry] = [names.value, weightPart(file, value)];
  return bias === undefined ? [weight] : [weight, [names.valueBias, biasPart(file, value, bias)]];
}

/**
 * The files of the converted checkpoint: as many as the source's if they are wanted, new tensors where the queries were; else one.
 * @returns them, and how many tensors are copied
 * @throws {FormatError} where a new name is taken
 */
export function convertedFiles(
  op: string,
  { file, shardOf }: OpenCheckpoint,
  replacements: readonly Replacement[],
  { form, sharded }: { readonly form: CheckpointForm; readonly sharded: boolean },
): { readonly files: readonly CheckpointFile[]; readonly copied: number } {
  const all = new Map<string, { readonly shard: string; readonly entry: Entry }>();
  const shard = (name: string): string => (sharded ? (shardOf?.get(name) ?? '') : '');
  const removed = new Set(replacements.flatMap(({ layer }) => removedNames(layer)));
  const renames = new Map(
    form === 'plain' ? [] : replacements.flatMap(({ layer }) => Object.entries(layer.released?.renames ?? {})),
  );
  const add = (name: string, where: string, entry: Entry): void => {
    if (all.has(name)) throw new FormatError(`${op}: there would be two tensors ${quotedName(name)}`);
    all.set(name, { shard: where, entry });
  };
  for (const name of file.names) {
    if (removed.has(name)) continue;
    const { dtype, shape } = file.info(name);
    add(renames.get(name) ?? name, shard(name), { dtype, shape, read: () => file.readStored(name) });
  }
  const copied = all.size;
  for (const { layer, tensors } of replacements) {
    const where = shard(layer.query.name);
    for (const [name, entry] of tensors) add(name, where, entry);
    for (const [name, entry] of cutOut(file, layer, sharedNames(layer, form))) add(name, where, entry);
  }
  const files = new Map<string, Map<string, Entry>>();
  for (const [name, { shard: where, entry }] of all) {
    const own = files.get(where) ?? new Map<string, Entry>();
    files.set(where, own.set(name, entry));
  }
  return { files: [...files].map(([name, entries]) => ({ name, entries })), copied };
}

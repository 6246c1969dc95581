/** What a map says of the tensors of its checkpoint: their names and shapes. */
import { OptionError, requireCount } from '@saccade/tensor';
import { requireAttentionEntry, requireMap } from './require-map.js';
import { requireNormEntry, requireWeightEntry } from './require-weight-entry.js';
import type {
  AttentionEntry,
  EmbeddingEntry,
  MlpEntry,
  NormEntry,
  TransformerMap,
  WeightEntry,
} from './transformer-entries.js';
import type { CheckpointNames } from './transformer-stacks.js';

/** An extent, or undefined for any. @internal */
export type Extent = number | undefined;

/** What a map says of one tensor. @internal */
export interface KnownTensor {
  readonly name: string;
  readonly shape: readonly Extent[];
  /** Axes of extent 1, and for vectors others too, may stand in front. */
  readonly loose?: boolean;
}

/** An extent that only the tensor itself tells; undefined if it is missing. */
type ExtentOf = (name: string, axis: number) => Extent;

/** All tensors of a map. @internal @throws {OptionError} */
export function mapTensors(file: CheckpointNames, map: TransformerMap): KnownTensor[] {
  requireMap(map);
  const { width, layers, embeddings, finalNorm } = map;
  const names = new Set(file.names);
  const extentOf: ExtentOf = (name, axis) => (names.has(name) ? file.info(name).shape.at(axis) : undefined);
  return [
    ...layers.flatMap(({ attention, mlp, norms }) => [
      ...attentionTensors(attention, width),
      ...mlpTensors(extentOf, mlp, width),
      ...normTensors(norms.attention, width),
      ...normTensors(norms.mlp, width),
    ]),
    ...(embeddings === undefined ? [] : embeddingTensors(extentOf, embeddings, width)),
    ...(finalNorm === undefined ? [] : normTensors(finalNorm, width)),
  ];
}

/** @internal @throws {OptionError} */
export function attentionTensors(entry: AttentionEntry, width: number): KnownTensor[] {
  requireAttentionEntry(entry);
  const { query, key, value, output, heads, keyValueHeads, headWidth, positions, relativeTable, queryKeyNorm } = entry;
  const table = positions === 'relative-bias' ? heads : headWidth;
  return [
    ...weightTensors(query, heads * headWidth, width),
    ...weightTensors(key, keyValueHeads * headWidth, width),
    ...weightTensors(value, keyValueHeads * headWidth, width),
    ...weightTensors(output, width, heads * headWidth),
    ...(relativeTable === undefined ? [] : [{ name: relativeTable, shape: [undefined, table] }]),
    ...(queryKeyNorm === undefined
      ? []
      : [queryKeyNorm.query, queryKeyNorm.key].flatMap((norm) => normTensors(norm, headWidth))),
  ];
}

function weightTensors(entry: WeightEntry, out: Extent, into: Extent): KnownTensor[] {
  requireWeightEntry('transformer map', entry);
  const { name, layout, part, bias } = entry;
  if (part !== undefined) {
    requireCount(`transformer map: ${name}`, 'part.count', part.count);
    requireCount(`transformer map: ${name}`, 'part.index', part.index, 0);
    if (part.index >= part.count) {
      throw new OptionError(`transformer map: ${name}: there is no part ${part.index} among ${part.count}`);
    }
  }
  const rows = out === undefined ? undefined : out * (part?.count ?? 1);
  const weight = { name, shape: layout === 'out-in' ? [rows, into] : [into, rows] };
  return bias === undefined ? [weight] : [weight, { name: bias, shape: [rows] }];
}

function normTensors(entry: NormEntry, width: Extent): KnownTensor[] {
  requireNormEntry('transformer map', entry);
  const { weight, bias } = entry;
  return [weight, ...(bias === undefined ? [] : [bias])].map((name) => ({ name, shape: [width] }));
}

function mlpTensors(extentOf: ExtentOf, { up, gate, down }: MlpEntry, width: number): KnownTensor[] {
  requireWeightEntry('transformer map', up);
  const extent = extentOf(up.name, up.layout === 'out-in' ? 0 : -1);
  const hidden = extent === undefined ? undefined : extent / (up.part?.count ?? 1);
  return [
    ...weightTensors(up, hidden, width),
    ...(gate === undefined ? [] : weightTensors(gate, hidden, width)),
    ...weightTensors(down, width, hidden),
  ];
}

function embeddingTensors(extentOf: ExtentOf, entry: EmbeddingEntry, width: number): KnownTensor[] {
  const { token, patch, first = [], position, type, norm, projection } = entry;
  const channels = projection !== undefined && token !== undefined ? extentOf(token, -1) : width;
  const table = (name: string | undefined): KnownTensor[] =>
    name === undefined ? [] : [{ name, shape: [undefined, channels], loose: true }];
  return [
    ...table(token),
    ...(patch === undefined ? [] : patchTensors(patch, channels)),
    ...first.map((name) => ({ name, shape: [channels], loose: true })),
    ...table(position),
    ...table(type),
    ...(norm === undefined ? [] : normTensors(norm, channels)),
    ...(projection === undefined ? [] : weightTensors(projection, width, channels)),
  ];
}

function patchTensors(entry: WeightEntry, channels: Extent): KnownTensor[] {
  requireWeightEntry('transformer map', entry);
  const { name, bias } = entry;
  const filters = { name, shape: [channels, undefined, undefined, undefined] };
  return bias === undefined ? [filters] : [filters, { name: bias, shape: [channels] }];
}

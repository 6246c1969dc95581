/** The attention layers of a checkpoint, each checked whether it can be shared, and why not. */
import type { WeightEntry } from '@saccade/nn';
import {
  FormatError,
  OptionError,
  quote,
  type SafetensorsInfo,
  type StoredDType,
  show,
  storedBytes,
} from '@saccade/tensor';
import { UnsupportedError } from '../unsupported-error.js';
import type { CheckpointAdapter, CheckpointLayer, CheckpointView } from './checkpoint-adapter.js';
import { decoderAdapters } from './decoder-adapters.js';
import { mappedAdapters } from './mapped-adapters.js';
import { quotedName } from './quoted-name.js';

/** A layer that has a shared form, with its sizes. */
export interface SharableLayer extends CheckpointLayer {
  readonly family: string;
  readonly keyHeads: number;
  readonly unsupported?: undefined;
  /** Key dimensions of a head. */
  readonly dims: number;
  /** Channels that queries are made of, and keys. */
  readonly width: number;
  readonly keyWidth: number;
  /** Of the query weight; results are stored in it. */
  readonly dtype: 'F64' | 'F32' | 'F16' | 'BF16';
  /** Bytes and values of the weights of queries and keys and of their biases. */
  readonly bytes: number;
  readonly parameters: number;
}

/** A layer that has none. */
export interface RefusedLayer {
  readonly family: string;
  readonly path: string;
  readonly unsupported: string;
}

export type FoundLayer = SharableLayer | RefusedLayer;

/** Families that are known unasked. */
const knownAdapters: readonly CheckpointAdapter[] = [...mappedAdapters, ...decoderAdapters];

/**
 * All attention layers, in the order of the adapters.
 * @param own adapters that are asked first
 * @throws {UnsupportedError} where no adapter knows the checkpoint @throws {OptionError} for a family that there is not
 * @throws {FormatError} for layers that the checkpoint does not have as an adapter says
 */
export function attentionLayers(view: CheckpointView, own: readonly CheckpointAdapter[] = []): FoundLayer[] {
  const { op, family: wanted } = view;
  const adapters = [...own, ...knownAdapters].filter(({ family }) => wanted === undefined || family === wanted);
  if (adapters.length === 0) {
    const known = [...new Set([...own, ...knownAdapters].map(({ family }) => family))];
    throw new OptionError(`${op}: family must be one of ${known.join(', ')}, got ${quote(wanted)}`);
  }
  const found = new Map<string, FoundLayer>();
  for (const adapter of adapters) {
    if (!adapter.matches(view)) continue;
    for (const layer of adapter.layers(view)) {
      if (!found.has(layer.path)) found.set(layer.path, checkedLayer(view, adapter.family, layer));
    }
  }
  if (found.size === 0) throw new UnsupportedError(`${op}: ${strange(view)}`);
  return onceEach([...found.values()]);
}

/** Layers under different paths with the same weights are one. */
function onceEach(layers: readonly FoundLayer[]): FoundLayer[] {
  const seen = new Set<string>();
  return layers.filter((layer) => {
    if (layer.unsupported !== undefined) return true;
    const weights = [layer.query, layer.key].map(({ name, part }) => `${name} ${part?.index}`).join(' ');
    return !seen.has(weights) && seen.add(weights);
  });
}

/** What a checkpoint without known layers has. */
function strange({ names }: CheckpointView): string {
  const packed = names.find((name) => /\.(qweight|qzeros|weight_packed|weight_scale|SCB|absmax)$/.test(name));
  if (packed !== undefined) return `the weights are quantised (there is ${quotedName(packed)})`;
  const patterns = new Set(names.map((name) => name.slice(0, 200).replace(/(^|\.)\d+(?=\.|$)/g, '$1{i}')));
  const shown = [...patterns].slice(0, 12).join(', ');
  return `no adapter knows these tensors: ${shown}${patterns.size > 12 ? ', …' : ''}`;
}

const floating: readonly string[] = ['F64', 'F32', 'F16', 'BF16'];

/** With its sizes, or with the reason why it has no shared form. */
function checkedLayer(view: CheckpointView, family: string, layer: CheckpointLayer): FoundLayer {
  const { op } = view;
  const { path, query, key, heads, keyHeads = heads, scale } = layer;
  const refused = (unsupported: string): RefusedLayer => ({ family, path, unsupported });
  if (layer.unsupported !== undefined) return refused(layer.unsupported);
  if (!Number.isSafeInteger(heads) || heads < 1 || !(scale > 0 && Number.isFinite(scale))) {
    throw new FormatError(`${op}: ${quotedName(path)} has ${quote(heads)} heads and the scale ${quote(scale)}`);
  }
  const [q, k] = [partOf(view, query), partOf(view, key)];
  const stored = [q, k].find(({ dtype }) => !floating.includes(dtype));
  if (stored !== undefined) return refused(`its weights are quantised (${quotedName(stored.name)} is ${stored.dtype})`);
  if (q.rows % heads !== 0) return refused(`${heads} heads do not divide ${q.rows} key dimensions`);
  const dims = q.rows / heads;
  if (heads % keyHeads !== 0 || k.rows !== keyHeads * dims) {
    return refused(`keys have ${k.rows} dimensions, expected ${keyHeads} heads of ${dims}`);
  }
  requireValue(view, layer);
  return {
    ...{ ...layer, unsupported: undefined, family, keyHeads, dims, width: q.width, keyWidth: k.width },
    dtype: q.dtype as SharableLayer['dtype'],
    bytes: q.bytes + k.bytes,
    parameters: q.values + k.values,
  };
}

interface Part {
  readonly name: string;
  readonly dtype: StoredDType;
  readonly rows: number;
  readonly width: number;
  /** Of the weight and its bias. */
  readonly values: number;
  readonly bytes: number;
}

/** What an entry is of its tensor. @throws {FormatError} unless the checkpoint has such a tensor */
function partOf(view: CheckpointView, { name, layout, part, bias }: WeightEntry): Part {
  const { op } = view;
  const { shape, dtype } = infoOf(view, name);
  const [all = 0, width = 0] = layout === 'out-in' ? shape : [...shape].reverse();
  const rows = all / (part?.count ?? 1);
  const inside = part === undefined || (Number.isSafeInteger(part.index) && part.index >= 0 && part.index < part.count);
  if (shape.length !== 2 || !Number.isSafeInteger(rows) || rows * width === 0 || !inside) {
    const parts = part === undefined ? '' : ` of ${quote(part.count)} equal parts`;
    throw new FormatError(`${op}: ${quotedName(name)} must be a matrix${parts}, got ${show(shape)}`);
  }
  const weight = { name, dtype, rows, width, values: rows * width, bytes: rows * width * storedBytes(dtype) };
  if (bias === undefined) return weight;
  const beside = infoOf(view, bias);
  if (beside.shape.length !== 1 || beside.shape[0] !== all) {
    throw new FormatError(`${op}: ${quotedName(bias)} must be [${all}], as its weight, got ${show(beside.shape)}`);
  }
  return { ...weight, values: weight.values + rows, bytes: weight.bytes + rows * storedBytes(beside.dtype) };
}

/** @throws {FormatError} if there is no such tensor */
function infoOf({ op, names, info }: CheckpointView, name: string): SafetensorsInfo {
  if (names.includes(name)) return info(name);
  throw new FormatError(`${op}: the checkpoint has no tensor ${quotedName(name)}`);
}

/** What else lies in the tensors of queries and keys must be told, as they go. @throws {FormatError} */
function requireValue(view: CheckpointView, layer: CheckpointLayer): void {
  const { query, key, value, path } = layer;
  if (value !== undefined) partOf(view, value);
  for (const { name, part } of [query, key]) {
    if (part === undefined) continue;
    const told = [query, key, value].filter((one) => one?.name === name).map((one) => one?.part?.index);
    if (new Set(told).size !== part.count) {
      throw new FormatError(
        `${view.op}: the adapter must tell what all ${part.count} parts of ${quotedName(name)} of ${quotedName(path)} are`,
      );
    }
  }
}

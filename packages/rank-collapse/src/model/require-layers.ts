/** Whether the weights of layers fit together and are finite. */
import {
  OptionError,
  requireCount,
  requireDivides,
  requireFrom,
  requireOneOf,
  requireShape,
  type Tensor,
} from '@saccade/tensor';
import { allFinite, NotFiniteError } from './finite.js';
import type { AttentionWeights, LayerWeights, LinearMap, NormWeights } from './layer-weights.js';
import { activationNames } from './mlp.js';

/** Tensors of a layer by the names that messages call them. */
function tensorsByName(layer: LayerWeights): [name: string, Tensor][] {
  const { attention, mlp, norms } = layer;
  const ofMap = (name: string, map: LinearMap | undefined): [string, Tensor | undefined][] => [
    [`${name}.weight`, map?.weight],
    [`${name}.bias`, map?.bias],
  ];
  const ofNorm = (name: string, norm: NormWeights | undefined): [string, Tensor | undefined][] => [
    [`${name}.gain`, norm?.gain],
    [`${name}.shift`, norm?.shift],
  ];
  const found: [string, Tensor | undefined][] = [
    ...(['query', 'key', 'value', 'output'] as const).flatMap((name) => ofMap(`attention.${name}`, attention[name])),
    ...ofNorm('attention.queryKeyNorm.query', attention.queryKeyNorm?.query),
    ...ofNorm('attention.queryKeyNorm.key', attention.queryKeyNorm?.key),
    ['attention.relative.table', attention.relative?.table],
    ...(['up', 'gate', 'down'] as const).flatMap((name) => ofMap(`mlp.${name}`, mlp?.[name])),
    ...ofNorm('norms.attention', norms?.attention),
    ...ofNorm('norms.mlp', norms?.mlp),
  ];
  return found.filter((entry): entry is [string, Tensor] => entry[1] !== undefined);
}

/** @throws {NotFiniteError} that names the layer and the tensor with a value that is not finite */
export async function requireFinite(op: string, i: number, layer: LayerWeights): Promise<void> {
  for (const [name, t] of tensorsByName(layer)) {
    if (!(await allFinite(t))) throw new NotFiniteError(`${op}: layer ${i}: ${name} must be finite`);
  }
}

/** @returns the channels @throws {OptionError} @throws {ShapeError} */
export function requireLayers(op: string, layers: readonly LayerWeights[]): number {
  if (!Array.isArray(layers) || layers.length === 0) throw new OptionError(`${op}: expected one layer or more`);
  const width = (layers as readonly LayerWeights[])[0]!.attention.query.weight.shape.at(-1) as number;
  for (const [i, layer] of layers.entries()) {
    requireOneOf(`${op}: layer ${i}`, 'order', layer.order, ['pre', 'post']);
    requireAttention(`${op}: layer ${i}`, layer.attention, width);
    requireRest(`${op}: layer ${i}`, layer, width);
  }
  return width;
}

function requireMap(op: string, name: string, map: LinearMap, out: number | string, width: number): number {
  const [rows] = requireShape(op, `${name}.weight`, map.weight, [out, width]);
  if (map.bias !== undefined) requireShape(op, `${name}.bias`, map.bias, [rows]);
  return rows;
}

function requireAttention(op: string, weights: AttentionWeights, width: number): void {
  const { heads, keyValueHeads = heads, queryKeyNorm, relative } = weights;
  requireCount(op, 'heads', heads);
  requireCount(op, 'keyValueHeads', keyValueHeads);
  if (heads % keyValueHeads !== 0) {
    throw new OptionError(`${op}: keyValueHeads must divide ${heads} heads, got ${keyValueHeads}`);
  }
  const queries = requireMap(op, 'attention.query', weights.query, 'heads dims', width);
  requireDivides(op, 'heads', heads, queries);
  requireMap(op, 'attention.key', weights.key, (queries / heads) * keyValueHeads, width);
  const values = requireMap(op, 'attention.value', weights.value, 'heads dims', width);
  requireDivides(op, 'keyValueHeads', keyValueHeads, values);
  requireMap(op, 'attention.output', weights.output, width, (values / keyValueHeads) * heads);
  for (const [name, norm] of Object.entries(queryKeyNorm ?? {})) {
    requireNorm(op, `attention.queryKeyNorm.${name}`, norm, queries / heads);
  }
  if (relative !== undefined) requireShape(op, 'attention.relative.table', relative.table, ['buckets', heads]);
}

function requireRest(op: string, { mlp, norms }: LayerWeights, width: number): void {
  if (mlp !== undefined) {
    const inner = requireMap(op, 'mlp.up', mlp.up, 'inner', width);
    if (mlp.gate !== undefined) requireMap(op, 'mlp.gate', mlp.gate, inner, width);
    requireMap(op, 'mlp.down', mlp.down, width, inner);
    if (typeof mlp.activation !== 'function') requireOneOf(op, 'mlp.activation', mlp.activation, activationNames);
  }
  for (const [name, norm] of Object.entries(norms ?? {})) requireNorm(op, `norms.${name}`, norm, width);
}

function requireNorm(op: string, name: string, norm: NormWeights | undefined, width: number): void {
  if (norm === undefined) return;
  requireOneOf(op, `${name}.kind`, norm.kind, ['layer', 'rms']);
  requireFrom(op, `${name}.epsilon`, norm.epsilon);
  if (norm.gain !== undefined) requireShape(op, `${name}.gain`, norm.gain, [width]);
  if (norm.shift !== undefined) requireShape(op, `${name}.shift`, norm.shift, [width]);
}

/** How far a shared layer is from the ordinary one that it was. */
import { FormatError, type Matrix, type SafetensorsFile, show, transposeMatrix } from '@saccade/tensor';
import { Alternation } from '../decompose/als.js';
import type { SharableLayer } from './attention-layers.js';
import { isFused } from './converted-files.js';
import { type LinearMap, readLayerWeights, readLinear, scoresOfLayer } from './layer-weights.js';
import {
  contextOf,
  mapped,
  ordinaryScores,
  type SharedAttention,
  sharedScores,
  softmaxRows,
} from './plain-attention.js';
import { quotedName } from './quoted-name.js';
import type { SharedLayer } from './shared-block.js';
import type { Sequence } from './verify-states.js';

/** Of all elements. */
export interface Difference {
  readonly largest: number;
  readonly mean: number;
  /** Largest element of the original. */
  readonly size: number;
}

/** What is found of a layer. */
export interface LayerDifference {
  readonly error: number;
  readonly context: Difference;
  readonly probabilities: Difference;
}

/** @throws {FormatError} for tensors that are not as the block says */
export async function layerDifference(
  op: string,
  original: SafetensorsFile,
  compressed: SafetensorsFile,
  layer: SharableLayer,
  entry: SharedLayer,
  sequences: readonly Sequence[],
): Promise<LayerDifference> {
  const weights = await readLayerWeights(op, original, layer);
  const shared = await readShared(op, compressed, entry, layer);
  const values = await valuesOf(op, original, compressed, layer, entry);
  const { heads, keyHeads, scale, attends } = layer;
  const context = new Spread();
  const probabilities = new Spread();
  for (const { states, keyStates } of sequences) {
    const causal = attends === 'causal';
    const before = ordinaryScores({ ...weights, heads, keyHeads, scale }, states, keyStates);
    const after = sharedScores(shared, states, keyStates);
    for (const scores of [...before, ...after]) softmaxRows(scores, causal);
    for (const [head, own] of before.entries()) probabilities.add(own, after[head] as Matrix);
    if (values === undefined) continue;
    const [v, w] = values.map((map) => mapped(map, keyStates)) as [Matrix, Matrix];
    context.add(contextOf(before, v, keyHeads), contextOf(after, w, keyHeads));
  }
  const factors = {
    query: transposeMatrix(shared.query),
    key: transposeMatrix(shared.key),
    // Another divisor is folded into it.
    mixing: { ...shared.mixing, data: shared.mixing.data.map((value) => (value * entry.scale) / scale) },
  };
  const { error } = new Alternation(scoresOfLayer(weights, layer)).fit(factors);
  return { error, context: context.difference, probabilities: probabilities.difference };
}

/** The values' maps of both; undefined where the adapter tells none. */
async function valuesOf(
  op: string,
  original: SafetensorsFile,
  compressed: SafetensorsFile,
  layer: SharableLayer,
  { names }: SharedLayer,
): Promise<[LinearMap, LinearMap] | undefined> {
  const { value } = layer;
  if (value === undefined) return undefined;
  const moved = names.value;
  const { valueBias: bias } = names;
  const layout = isFused(layer) ? 'out-in' : value.layout;
  const entry = moved === undefined ? value : { name: moved, layout, ...(bias !== undefined && { bias }) };
  return [await readLinear(op, original, value), await readLinear(op, compressed, entry)];
}

/** The shared tensors of a layer. @throws {FormatError} unless they have the shapes that the block says */
async function readShared(
  op: string,
  file: SafetensorsFile,
  { names, sharedDim, heads, scale }: SharedLayer,
  { width, keyWidth }: Pick<SharableLayer, 'width' | 'keyWidth'>,
): Promise<SharedAttention> {
  const read = async (name: string, rows: number, columns: number): Promise<Matrix> => {
    const shape = file.names.includes(name) ? file.info(name).shape : undefined;
    if (shape?.length !== 2 || shape[0] !== rows || shape[1] !== columns) {
      const got = shape === undefined ? 'no such tensor' : show(shape);
      throw new FormatError(`${op}: ${quotedName(name)} must be [${rows}, ${columns}], got ${got}`);
    }
    return (await readLinear(op, file, { name, layout: 'out-in' })).weight;
  };
  const { query, key, mixing, contentBias } = names;
  return {
    query: await read(query, sharedDim, width),
    key: await read(key, sharedDim, keyWidth),
    mixing: await read(mixing, heads, sharedDim),
    contentBias: contentBias === undefined ? undefined : await read(contentBias, heads, keyWidth),
    scale,
  };
}

/** Differences of several matrices. */
class Spread {
  #largest = 0;
  #sum = 0;
  #count = 0;
  #size = 0;

  add(before: Matrix, after: Matrix): void {
    for (let i = 0; i < before.data.length; i++) {
      const apart = Math.abs(before.data[i]! - after.data[i]!);
      this.#largest = Math.max(this.#largest, apart);
      this.#sum += apart;
      this.#size = Math.max(this.#size, Math.abs(before.data[i]!));
    }
    this.#count += before.data.length;
  }

  get difference(): Difference {
    return { largest: this.#largest, mean: this.#count === 0 ? 0 : this.#sum / this.#count, size: this.#size };
  }
}

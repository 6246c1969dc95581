/** One layer of a checkpoint, read into memory. */
import {
  type AttentionEntry,
  type CheckpointTensors,
  type LayerEntry,
  type NormEntry,
  type ReadWeightOptions,
  readBias,
  readWeight,
  type WeightEntry,
} from '@saccade/nn';
import { FormatError } from '@saccade/tensor';
import type { AttentionWeights, LayerWeights, LinearMap, MlpWeights, NormWeights } from './layer-weights.js';

/** Where weights are read from, and as what. */
export interface WeightSource {
  readonly file: CheckpointTensors;
  readonly options: ReadWeightOptions;
}

/** The caller's to dispose, as all that is read here. */
export async function readMap({ file, options }: WeightSource, entry: WeightEntry): Promise<LinearMap> {
  const weight = await readWeight(file, entry, options);
  return { weight, bias: await readBias(file, entry, options) };
}

export async function readNorm({ file, options }: WeightSource, entry: NormEntry): Promise<NormWeights> {
  const gain = await file.read(entry.weight, options);
  const shift = entry.bias === undefined ? undefined : await file.read(entry.bias, options);
  return { kind: entry.kind, epsilon: entry.epsilon, gain, shift };
}

async function readAttention(source: WeightSource, entry: AttentionEntry): Promise<AttentionWeights> {
  const { heads, keyValueHeads, scale, causal, window, rotary, queryKeyNorm, relativeTable } = entry;
  const { file, options } = source;
  return {
    query: await readMap(source, entry.query),
    key: await readMap(source, entry.key),
    value: await readMap(source, entry.value),
    output: await readMap(source, entry.output),
    heads,
    keyValueHeads,
    scale,
    causal,
    window,
    rotary,
    ...(queryKeyNorm && {
      queryKeyNorm: {
        query: await readNorm(source, queryKeyNorm.query),
        key: await readNorm(source, queryKeyNorm.key),
      },
    }),
    ...(entry.positions === 'relative-bias' && {
      relative: {
        table: await file.read(relativeTable as string, options),
        distance: entry.relativeDistance as number,
      },
    }),
  };
}

async function readMlp(source: WeightSource, { up, gate, down, activation }: LayerEntry['mlp']): Promise<MlpWeights> {
  return {
    up: await readMap(source, up),
    gate: gate && (await readMap(source, gate)),
    down: await readMap(source, down),
    activation,
  };
}

/** @throws {FormatError} for weights that are no floating point numbers */
export async function readLayer(source: WeightSource, entry: LayerEntry): Promise<LayerWeights> {
  return {
    order: entry.order,
    attention: await readAttention(source, entry.attention),
    mlp: await readMlp(source, entry.mlp),
    norms: { attention: await readNorm(source, entry.norms.attention), mlp: await readNorm(source, entry.norms.mlp) },
  };
}

/** @throws {FormatError} for positions that scores here do not know */
export function requireKnownPositions(op: string, entries: readonly LayerEntry[]): void {
  for (const [i, { attention }] of entries.entries()) {
    const { positions, rotary } = attention;
    const known = ['none', 'rotary', 'relative-bias'].includes(positions) && rotary?.scaling?.kind !== 'other';
    if (known) continue;
    const kind = rotary?.scaling?.kind === 'other' ? `rotary scaling ${rotary.scaling.name}` : `${positions} positions`;
    throw new FormatError(`${op}: layer ${i} has ${kind}, which this package does not compute`);
  }
}

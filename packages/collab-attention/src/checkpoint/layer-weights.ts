/** Weights of a layer on the host, in float64, checked to be finite. */
import { type CheckpointTensors, readBias, readWeight, type WeightEntry } from '@saccade/nn';
import { createJsDevice, type Device, FormatError, type Matrix, matrix, type Tensor } from '@saccade/tensor';
import { ScoreTensor } from '../decompose/score-tensor.js';
import type { SharableLayer } from './attention-layers.js';
import { quotedName } from './quoted-name.js';

/** A linear map y = W x + b. */
export interface LinearMap {
  /** [out, in]. */
  readonly weight: Matrix;
  readonly bias: Float64Array | undefined;
}

/** The weights that scores are made of. */
export interface LayerWeights {
  readonly query: LinearMap;
  readonly key: LinearMap;
}

// GPUs have no float64, and nothing is computed on this one.
let host: Device | undefined;

async function hostValues(t: Tensor): Promise<Float64Array> {
  try {
    return Float64Array.from((await t.data()) as ArrayLike<number>);
  } finally {
    t.dispose();
  }
}

/** @throws {FormatError} for values that are not finite, with the tensor's name and where in it they are */
export async function readLinear(op: string, file: CheckpointTensors, entry: WeightEntry): Promise<LinearMap> {
  host ??= createJsDevice();
  const options = { dtype: 'float64', device: host } as const;
  const read = await readWeight(file, entry, options);
  const [rows, columns] = read.shape as [number, number];
  const weight = matrix(rows, columns, await hostValues(read));
  const { name, layout, part, bias: biasName } = entry;
  const from = rows * (part?.index ?? 0);
  requireFinite(op, name, weight.data, (i) => {
    const place = [from + Math.floor(i / columns), i % columns];
    return layout === 'out-in' ? place : place.reverse();
  });
  const stored = await readBias(file, entry, options);
  if (stored === undefined) return { weight, bias: undefined };
  const bias = await hostValues(stored);
  requireFinite(op, biasName as string, bias, (i) => [from + i]);
  return { weight, bias };
}

function requireFinite(op: string, name: string, values: Float64Array, place: (i: number) => number[]): void {
  const bad = values.findIndex((value) => !Number.isFinite(value));
  if (bad < 0) return;
  throw new FormatError(`${op}: ${quotedName(name)} must be finite, got ${values[bad]} at [${place(bad).join(', ')}]`);
}

/** Queries and keys. @throws {FormatError} for values that are not finite */
export async function readLayerWeights(
  op: string,
  file: CheckpointTensors,
  { query, key }: Pick<SharableLayer, 'query' | 'key'>,
): Promise<LayerWeights> {
  return { query: await readLinear(op, file, query), key: await readLinear(op, file, key) };
}

/** Their products. */
export function scoresOfLayer(
  { query, key }: LayerWeights,
  { heads, keyHeads }: Pick<SharableLayer, 'heads' | 'keyHeads'>,
): ScoreTensor {
  return new ScoreTensor(query.weight, key.weight, heads, keyHeads);
}

/**
 * b_Qh^T W_Kh of each head, [heads, key width], from the original weight: with it the scores' part that depends on the bias of the queries is exact.
 * The bias of the keys adds the same to all scores of a query, which the softmax takes away.
 */
export function contentBias(queryBias: Float64Array, scores: ScoreTensor): Matrix {
  const { heads, dims } = scores;
  const width = scores.key.columns;
  const out = matrix(heads, width);
  for (let head = 0; head < heads; head++) {
    const { data } = scores.keyOf(head);
    for (let j = 0; j < dims; j++) {
      const factor = queryBias[head * dims + j]!;
      for (let i = 0; i < width; i++) out.data[head * width + i]! += factor * data[j * width + i]!;
    }
  }
  return out;
}

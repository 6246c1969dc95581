/** The attention of a model as the tracker and the theorems take it: one matrix W_h a head, in float64. */
import { breather } from '@saccade/nn';
import {
  checkOptions,
  type Matrix,
  matrix,
  matrixProduct,
  OptionError,
  type Tensor,
  transposeMatrix,
} from '@saccade/tensor';
import type { AttentionWeights } from '../model/layer-weights.js';
import type { RankModel } from '../model/rank-model.js';
import type { TrackedHead } from './common-weights.js';
import type { TrackedLayer } from './track-residual.js';

async function valuesOf(t: Tensor): Promise<Float64Array> {
  return Float64Array.from((await t.data()) as ArrayLike<number>);
}

/** Rows [from, from + count) of a weight [out, in], as [in, count]. */
function columnsOf(values: Float64Array, inputs: number, from: number, count: number): Matrix {
  return transposeMatrix(matrix(count, inputs, values.slice(from * inputs, (from + count) * inputs)));
}

/** @throws {OptionError} for attention whose scores are no product of query and key weights, or whose queries do not all see the same */
function requirePlain(op: string, i: number, { causal, rotary, relative, queryKeyNorm }: AttentionWeights): void {
  const found = causal
    ? 'causal attention, which draws tokens towards the first and not together'
    : rotary !== undefined || relative !== undefined
      ? 'positions in its scores'
      : queryKeyNorm !== undefined
        ? 'norms of queries and keys'
        : undefined;
  if (found !== undefined) throw new OptionError(`${op}: layer ${i} has ${found}, of which the theorems say nothing`);
}

/** W_Q, W_K and W = W_V W_O of each head. @internal @throws {OptionError} for attention that the theorems do not speak of */
export async function trackedHeads(op: string, i: number, weights: AttentionWeights): Promise<TrackedHead[]> {
  requirePlain(op, i, weights);
  const { query, key, value, output, heads, keyValueHeads = heads } = weights;
  const [rows, inputs] = query.weight.shape as [number, number];
  const [dims, valueDims] = [rows / heads, (value.weight.shape[0] as number) / keyValueHeads];
  // The tracker divides by the root of dims.
  const factor = (weights.scale ?? 1 / Math.sqrt(dims)) * Math.sqrt(dims);
  const [queries, keys, values, outputs] = [
    (await valuesOf(query.weight)).map((w) => w * factor),
    await valuesOf(key.weight),
    await valuesOf(value.weight),
    // [channels, heads valueDims] -> rows of heads.
    transposeMatrix(matrix(inputs, heads * valueDims, await valuesOf(output.weight))),
  ];
  const queryBias = query.bias && (await valuesOf(query.bias)).map((b) => b * factor);
  return Array.from({ length: heads }, (_, h) => {
    const shared = Math.floor((h * keyValueHeads) / heads);
    const own = outputs.data.slice(h * valueDims * inputs, (h + 1) * valueDims * inputs);
    return {
      query: columnsOf(queries, inputs, h * dims, dims),
      key: columnsOf(keys, inputs, shared * dims, dims),
      value: matrixProduct(columnsOf(values, inputs, shared * valueDims, valueDims), matrix(valueDims, inputs, own)),
      queryBias: queryBias?.slice(h * dims, (h + 1) * dims),
    };
  });
}

/** b_O + sum_h b_V,h W_O,h: [channels]. */
async function trackedBias({
  value,
  output,
  heads,
  keyValueHeads = heads,
}: AttentionWeights): Promise<Float64Array | undefined> {
  if (value.bias === undefined && output.bias === undefined) return undefined;
  const [channels, columns] = output.weight.shape as [number, number];
  const total = output.bias === undefined ? new Float64Array(channels) : await valuesOf(output.bias);
  if (value.bias === undefined) return total;
  const [biases, weight] = [await valuesOf(value.bias), await valuesOf(output.weight)];
  const dims = columns / heads;
  for (let c = 0; c < channels; c++) {
    for (let j = 0; j < columns; j++) {
      const shared = Math.floor((Math.floor(j / dims) * keyValueHeads) / heads) * dims + (j % dims);
      total[c]! += weight[c * columns + j]! * biases[shared]!;
    }
  }
  return total;
}

/**
 * The attention of all layers for `trackResidual` and `certifyNetwork`: without norms and perceptrons, which cannot be tracked, and with or without skips.
 * @param options.skip whether attention's input is added to its output. Default false: pure attention
 * @throws {OptionError} for causal attention, positions in scores, and norms of queries and keys
 */
export async function trackedLayers(
  model: RankModel,
  options: { readonly skip?: boolean | undefined; readonly signal?: AbortSignal | undefined } = {},
): Promise<TrackedLayer[]> {
  const { skip = false, signal } = checkOptions('trackedLayers', options, ['skip', 'signal']);
  const breathe = breather();
  const layers: TrackedLayer[] = [];
  for (let i = 0; i < model.depth; i++) {
    await breathe();
    signal?.throwIfAborted();
    layers.push(
      await model.withLayer(i, async ({ attention }) => ({
        heads: await trackedHeads('trackedLayers', i, attention),
        bias: await trackedBias(attention),
        skip,
      })),
    );
  }
  return layers;
}

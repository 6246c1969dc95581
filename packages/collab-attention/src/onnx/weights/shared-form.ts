/** The weights of an attention in their shared form, as the new graph takes them. */
import { type Matrix, matrix, type StoredArray, scope, type Tensor } from '@saccade/tensor';
import { contentBias } from '../../checkpoint/layer-weights.js';
import { storedShare } from '../../checkpoint/shared-tensors.js';
import { weightTensors } from '../../checkpoint/weight-tensors.js';
import { type DecomposeOptions, type Decomposition, decompose } from '../../decompose/decompose.js';
import { ScoreTensor } from '../../decompose/score-tensor.js';
import type { AttentionMatch } from '../match/attention.js';
import { storedTypeOf } from '../model/tensor.js';
import { branchBias, branchWeight } from './branch-weights.js';
import type { TensorValues } from './tensor-values.js';

/** How weights are decomposed. */
export type FormOptions = Pick<
  DecomposeOptions,
  'rank' | 'maxError' | 'init' | 'seed' | 'restarts' | 'tolerance' | 'maxIterations' | 'signal' | 'onProgress'
>;

/** Weights, and how far they are from the old ones. */
export interface SharedForm
  extends Pick<Decomposition, 'rank' | 'iterations' | 'converged' | 'start' | 'headSvdError'> {
  /** [query width, R]. */
  readonly query: StoredArray;
  /** [key width, R]. */
  readonly key: StoredArray;
  /** [1, heads, 1, R]. */
  readonly mixing: StoredArray;
  /** [key width, heads]; undefined where the queries have no bias. */
  readonly contentBias: StoredArray | undefined;
  readonly error: number;
  readonly headErrors: readonly number[];
}

/** Bytes of an attention's queries and keys in the shared form. */
export function sharedBytes({ query, key }: AttentionMatch, rank: number, hasBias: boolean): number {
  const { inputs, weight } = query.projection;
  const width = key.projection.inputs;
  const values = rank * (inputs + width + query.heads) + (hasBias ? query.heads * width : 0);
  return values * ((weight.bytes as number) / weight.elements);
}

/** @throws as `decompose` @throws {FormatError} for values that the element type cannot hold */
export async function sharedForm(
  op: string,
  { query, key }: AttentionMatch,
  values: TensorValues,
  options: FormOptions,
): Promise<SharedForm> {
  const { heads } = query;
  const weights = { query: branchWeight(query, values), key: branchWeight(key, values) };
  const scores = new ScoreTensor(weights.query, weights.key, heads);
  const bias = branchBias(query, values);
  const found = await decomposed(weights, heads, options);
  const parts = {
    ...found.factors,
    contentBias: bias && contentBias(bias, scores),
    exact: found.start === 'concatenated',
  };
  const storage = { dtype: storedTypeOf(query.projection.weight.type) as 'F32', factor: 1 };
  const { tensors, error, headErrors } = storedShare(op, parts, scores, names, storage);
  const { rank, iterations, converged, start, headSvdError } = found;
  return {
    ...{ rank, iterations, converged, start, headSvdError, error, headErrors },
    query: turned(tensors.get(names.query) as StoredArray),
    key: turned(tensors.get(names.key) as StoredArray),
    mixing: { ...(tensors.get(names.mixing) as StoredArray), shape: [1, heads, 1, rank] },
    contentBias: bias && turned(tensors.get(names.contentBias) as StoredArray),
  };
}

const names = { query: 'query', key: 'key', mixing: 'mixing', contentBias: 'content_bias', value: '', valueBias: '' };

interface Weights {
  readonly query: Matrix;
  readonly key: Matrix;
}

type Found = Pick<Decomposition, 'rank' | 'iterations' | 'converged' | 'start' | 'headSvdError'> & {
  readonly factors: Weights & { readonly mixing: Matrix };
};

function decomposed({ query, key }: Weights, heads: number, options: FormOptions): Promise<Found> {
  return scope(async () => {
    const linear = (weight: Matrix): { readonly weight: Matrix; readonly bias: undefined } => ({
      weight,
      bias: undefined,
    });
    const tensors = weightTensors({ query: linear(query), key: linear(key) });
    const found = await decompose(tensors.query, tensors.key, { heads, ...options });
    const host = async (t: Tensor): Promise<Matrix> =>
      matrix(t.shape[0] as number, t.shape[1] as number, Float64Array.from((await t.data()) as ArrayLike<number>));
    const factors = { query: await host(found.query), mixing: await host(found.mixing), key: await host(found.key) };
    for (const t of [found.query, found.mixing, found.key]) t.dispose();
    const { rank, iterations, converged, start, headSvdError } = found;
    return { factors, rank, iterations, converged, start, headSvdError };
  });
}

/** A matrix with its axes exchanged. */
function turned({ dtype, shape, data }: StoredArray): StoredArray {
  const [rows, columns] = shape as readonly [number, number];
  const out = data.slice() as Float32Array;
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) out[j * rows + i] = (data as Float32Array)[i * columns + j]!;
  }
  return { dtype, shape: [columns, rows], data: out };
}

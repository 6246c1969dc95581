/** One layer of a checkpoint in its shared form. */
import { matrix, type StoredArray, scope, type Tensor } from '@saccade/tensor';
import { type DecomposeOptions, type Decomposition, decompose } from '../decompose/decompose.js';
import type { SharableLayer } from './attention-layers.js';
import { sharedNames } from './checkpoint-adapter.js';
import type { LayerResult } from './conversion-report.js';
import type { CheckedOptions } from './convert-options.js';
import { contentBias, type LayerWeights, scoresOfLayer } from './layer-weights.js';
import { hasContentBias, storedScale } from './shared-entry.js';
import { storedType } from './shared-size.js';
import { type SharedParts, storedShare } from './shared-tensors.js';
import { weightTensors } from './weight-tensors.js';

/** What takes the place of a layer's queries and keys, and how it came about. */
export interface LayerShare {
  readonly tensors: ReadonlyMap<string, StoredArray>;
  readonly result: Omit<LayerResult, 'valueWidth'>;
}

/** What is told of a decomposition beside its factors. */
type Found = LayerResult['found'];

/** @param goal a rank, or an error @throws as `decompose` @throws {FormatError} for values that the element type cannot hold */
export async function layerShare(
  op: string,
  layer: SharableLayer,
  weights: LayerWeights,
  goal: Pick<DecomposeOptions, 'rank' | 'maxError' | 'onProgress'>,
  options: CheckedOptions,
): Promise<LayerShare> {
  const { form, dtype } = options;
  const scores = scoresOfLayer(weights, layer);
  const { found, ...parts } = await decomposed(layer, weights, goal, options);
  const { bias } = weights.query;
  const content = bias === undefined ? matrix(layer.heads, layer.keyWidth) : contentBias(bias, scores);
  const scale = storedScale(layer, found.rank, form);
  const { tensors, error, headErrors } = storedShare(
    op,
    { ...parts, contentBias: hasContentBias(layer, form) ? content : undefined },
    scores,
    sharedNames(layer, form),
    // Another divisor gives the same scores.
    { dtype: storedType(layer, { dtype }), factor: layer.scale / scale },
  );
  const notes = notesOf(parts, options.maxError, error);
  return { tensors, result: { layer, found, error, headErrors, scale, notes } };
}

type Factors = Pick<SharedParts, 'query' | 'mixing' | 'key' | 'exact'>;

async function decomposed(
  layer: SharableLayer,
  weights: LayerWeights,
  goal: Pick<DecomposeOptions, 'rank' | 'maxError' | 'onProgress'>,
  { init, seed, restarts, tolerance, maxIterations, signal }: CheckedOptions,
): Promise<Factors & { readonly found: Found }> {
  const { heads, keyHeads } = layer;
  const how = { init, seed, restarts, tolerance, maxIterations, signal };
  return scope(async () => {
    const { query, key } = weightTensors(weights);
    const found = await decompose(query, key, { heads, keyHeads, ...how, ...goal });
    const parts = await hostFactors(found);
    const { rank, iterations, converged, start, headSvdError } = found;
    const exact = start === 'concatenated';
    return { ...parts, exact, found: { rank, iterations, converged, start, headSvdError } };
  });
}

async function hostFactors({ query, mixing, key }: Decomposition): Promise<Pick<Factors, 'query' | 'mixing' | 'key'>> {
  const host = async (t: Tensor): Promise<SharedParts['query']> => {
    const values = Float64Array.from((await t.data()) as ArrayLike<number>);
    t.dispose();
    return matrix(t.shape[0] as number, t.shape[1] as number, values);
  };
  return { query: await host(query), mixing: await host(mixing), key: await host(key) };
}

function notesOf({ mixing }: Factors, maxError: number | undefined, error: number): string[] {
  const notes: string[] = [];
  const silent = Array.from({ length: mixing.rows }, (_, head) => head).filter((head) =>
    mixing.data.subarray(head * mixing.columns, (head + 1) * mixing.columns).every((value) => value === 0),
  );
  if (silent.length > 0) notes.push(`no dimension is left for heads ${silent.join(', ')}, whose queries do not matter`);
  if (maxError !== undefined && error > maxError) {
    notes.push(`rounding to the stored type makes the error larger than ${maxError}`);
  }
  return notes;
}

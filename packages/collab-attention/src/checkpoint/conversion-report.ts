/** What a conversion did, layer by layer and in all: plain data, as JSON holds it. */
import { countOperations } from '../counts/counts.js';
import type { Decomposition } from '../decompose/decompose.js';
import type { FoundLayer, SharableLayer } from './attention-layers.js';
import { type SharedStorage, sharedBytes, sharedValues } from './shared-size.js';

/** Multiply-adds of a layer over sequences of a length. */
export interface LayerOperations {
  readonly length: number;
  readonly before: number;
  readonly after: number;
  /** Self-attention over longer sequences takes more than before; null where no length does, 0 where all do. */
  readonly breakEven: number | null;
}

/** A layer that was converted. */
export interface ConvertedLayerReport {
  readonly layer: string;
  readonly family: string;
  readonly status: 'converted';
  readonly heads: number;
  /** Key dimensions of a head. */
  readonly dims: number;
  readonly rank: number;
  readonly scale: number;
  /** |T - what is stored| / |T|, T being the heads' W_Q^T W_K, and of each head. */
  readonly error: number;
  readonly headErrors: readonly number[];
  /** That of the best truncation of each head by itself. */
  readonly headSvdError: number;
  readonly iterations: number;
  readonly converged: boolean;
  readonly start: Decomposition['start'];
  /** Of queries and keys: what it was, and what it is. */
  readonly bytes: { readonly before: number; readonly after: number };
  readonly parameters: { readonly before: number; readonly after: number };
  readonly operations: LayerOperations;
  readonly notes: readonly string[];
}

/** A layer that stayed as it was: because a shared form would save nothing, or because there is none. */
export interface KeptLayerReport {
  readonly layer: string;
  readonly family: string;
  readonly status: 'unchanged' | 'unsupported';
  readonly reason: string;
}

export type LayerReport = ConvertedLayerReport | KeptLayerReport;

interface Change {
  readonly before: number;
  readonly after: number;
}

/** The whole. */
export interface ConversionReport {
  readonly layers: readonly LayerReport[];
  readonly total: {
    readonly layers: { readonly converted: number; readonly unchanged: number; readonly unsupported: number };
    /** Of all tensors of the checkpoint. */
    readonly bytes: Change;
    /** Of queries and keys of the converted layers. */
    readonly queryKeyBytes: Change;
    readonly parameters: Change;
    readonly operations: Change & { readonly length: number };
    /** Largest among the converted layers; 0 if there are none. */
    readonly largestError: number;
    /** Bytes of the files that were written. */
    readonly fileBytes: number;
    /** Tensors that were copied as they are. */
    readonly copied: number;
  };
  readonly warnings: readonly string[];
}

/** @internal What is known of a layer once it is decomposed. */
export interface LayerResult {
  readonly layer: SharableLayer;
  readonly found: Pick<Decomposition, 'rank' | 'iterations' | 'converged' | 'start' | 'headSvdError'>;
  readonly error: number;
  readonly headErrors: readonly number[];
  readonly scale: number;
  readonly valueWidth: number;
  readonly notes: readonly string[];
}

/** @internal */
export function convertedReport(result: LayerResult, storage: SharedStorage, length: number): ConvertedLayerReport {
  const { layer, found, error, headErrors, scale, notes } = result;
  const { path, family, heads, dims } = layer;
  const { rank, iterations, converged, start, headSvdError } = found;
  const operations = operationsOf(result, length);
  return {
    ...{ layer: path, family, status: 'converted', heads, dims, rank, scale, error, headErrors, headSvdError },
    ...{ iterations, converged, start },
    bytes: { before: layer.bytes, after: sharedBytes(layer, rank, storage) },
    parameters: { before: layer.parameters, after: sharedValues(layer, rank, storage) },
    operations,
    notes: [...notes, ...notesOf(result)],
  };
}

function operationsOf({ layer, found, valueWidth }: LayerResult, length: number): LayerOperations {
  const { width, heads, dims } = layer;
  const sizes = { width, heads, headDim: dims, sharedDim: found.rank, valueWidth, queries: length, keys: length };
  const { concatenated, collaborative, breakEven } = countOperations(sizes);
  return {
    length,
    before: concatenated.total,
    after: collaborative.total,
    breakEven: breakEven === Number.POSITIVE_INFINITY ? null : Math.max(0, Math.round(breakEven)),
  };
}

function notesOf({ layer, found }: LayerResult): string[] {
  const notes: string[] = [];
  const all = layer.heads * layer.dims;
  if (found.rank > all) notes.push(`an exact copy, padded with ${found.rank - all} dimensions of zeros`);
  else if (found.rank === all) notes.push('an exact copy');
  else if (!found.converged) notes.push(`the error still changed after ${found.iterations} sweeps`);
  return notes;
}

/** @internal */
export function keptReport(
  { path, family }: FoundLayer,
  status: KeptLayerReport['status'],
  reason: string,
): LayerReport {
  return { layer: path, family, status, reason };
}

/** @internal What the files are in all. */
export interface Totals {
  readonly bytes: Change;
  readonly fileBytes: number;
  readonly copied: number;
  readonly length: number;
}

/** @internal */
export function conversionReport(layers: readonly LayerReport[], totals: Totals): ConversionReport {
  const { bytes, fileBytes, copied, length } = totals;
  const converted = layers.filter((layer) => layer.status === 'converted');
  const sum = (of: (layer: ConvertedLayerReport) => Change): Change => ({
    before: converted.reduce((all, layer) => all + of(layer).before, 0),
    after: converted.reduce((all, layer) => all + of(layer).after, 0),
  });
  const kept = (status: string): number => layers.filter((layer) => layer.status === status).length;
  return {
    layers,
    total: {
      layers: { converted: converted.length, unchanged: kept('unchanged'), unsupported: kept('unsupported') },
      bytes,
      queryKeyBytes: sum((layer) => layer.bytes),
      parameters: sum((layer) => layer.parameters),
      operations: { length, ...sum((layer) => layer.operations) },
      largestError: Math.max(0, ...converted.map(({ error }) => error)),
      fileBytes,
      copied,
    },
    warnings: warningsOf(converted, layers.length),
  };
}

/** What does not pay. */
function warningsOf(converted: readonly ConvertedLayerReport[], count: number): string[] {
  if (converted.length === 0) return [`none of ${count} attention layers was converted: the checkpoint is a copy`];
  const warnings: string[] = [];
  const grown = converted.filter(({ bytes }) => bytes.after > bytes.before).length;
  if (grown > 0) warnings.push(`queries and keys of ${layersOf(grown)} take more bytes than before`);
  const dearer = converted.flatMap(({ operations }) => operations.breakEven ?? []);
  if (dearer.length > 0) {
    const least = Math.min(...dearer);
    warnings.push(
      least === 0
        ? `scores of ${layersOf(dearer.length)} take more multiply-adds than before at every length, or from few tokens on`
        : `self-attention over more than ${least} tokens takes more multiply-adds than before`,
    );
  }
  const open = converted.filter((layer) => !layer.converged).length;
  if (open > 0) warnings.push(`the error of ${layersOf(open)} still changed when the sweeps ended`);
  return warnings;
}

function layersOf(count: number): string {
  return `${count} layer${count === 1 ? '' : 's'}`;
}

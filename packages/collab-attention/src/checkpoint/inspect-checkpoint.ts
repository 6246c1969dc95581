/** What a checkpoint holds, and what of it can be shared: from names, shapes and configuration alone. */
import { checkOptions, storedBytes } from '@saccade/tensor';
import { attentionLayers } from './attention-layers.js';
import {
  type CheckpointSource,
  type OpenCheckpoint,
  openCheckpoint,
  type SourceOptions,
  sourceOptionNames,
} from './checkpoint-source.js';
import { requireSource } from './convert-options.js';
import { type SharedLayer, sharedLayers } from './shared-block.js';

const op = 'inspectCheckpoint';

/** An attention layer that can be shared, or why it cannot. */
export type LayerInspection =
  | {
      readonly layer: string;
      readonly family: string;
      readonly heads: number;
      readonly keyHeads: number;
      /** Key dimensions of a head. */
      readonly dims: number;
      /** Channels that come in. */
      readonly width: number;
      /** Factor of the scores. */
      readonly scale: number;
      readonly attends: 'all' | 'causal' | 'cross';
      readonly dtype: string;
      /** Bytes of queries and keys. */
      readonly bytes: number;
      /** The rank from which on a shared form takes as many bytes or more. */
      readonly breakEvenRank: number;
    }
  | { readonly layer: string; readonly family: string; readonly unsupported: string };

/** The whole. */
export interface Inspection {
  readonly tensors: number;
  /** Of all tensors. */
  readonly bytes: number;
  /** Attention layers of an ordinary checkpoint. */
  readonly layers: readonly LayerInspection[];
  /** Layers of a converted one. */
  readonly shared: readonly SharedLayer[];
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Looks at a checkpoint without reading a weight.
 * @throws {UnsupportedError} where no adapter knows its tensors @throws {FormatError} for damaged files @throws {OptionError}
 * @throws {SaccadeError} with code `io`
 */
export async function inspectCheckpoint(source: CheckpointSource, options: SourceOptions = {}): Promise<Inspection> {
  checkOptions(op, options, sourceOptionNames);
  requireSource(op, options);
  const open = await openCheckpoint(op, source, options);
  try {
    return inspected(open, options);
  } finally {
    await open.close();
  }
}

function inspected({ file, view }: OpenCheckpoint, { adapters }: SourceOptions): Inspection {
  const { names, metadata } = file;
  const block = sharedLayers(metadata);
  const bytes = names.reduce((sum, name) => {
    const { dtype, shape } = file.info(name);
    return sum + shape.reduce((size, extent) => size * extent, storedBytes(dtype));
  }, 0);
  const whole = { tensors: names.length, bytes, metadata };
  if (block !== undefined) return { ...whole, layers: [], shared: block.layers };
  const layers = attentionLayers(view, adapters).map((layer): LayerInspection => {
    const { path, family } = layer;
    if (layer.unsupported !== undefined) return { layer: path, family, unsupported: layer.unsupported };
    const { heads, keyHeads, dims, width, keyWidth, scale, attends = 'all', dtype, query } = layer;
    const bias = query.bias === undefined ? 0 : heads * keyWidth;
    const room = layer.bytes / storedBytes(dtype) - bias;
    const breakEvenRank = Math.max(0, Math.ceil(room / (width + keyWidth + heads)));
    return {
      ...{ layer: path, family, heads, keyHeads, dims, width, scale, attends, dtype },
      ...{ bytes: layer.bytes, breakEvenRank },
    };
  });
  return { ...whole, layers, shared: [] };
}

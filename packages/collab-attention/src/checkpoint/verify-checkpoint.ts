/** A converted checkpoint against the one that it was made of, layer by layer and tensor by tensor. */
import {
  checkOptions,
  FormatError,
  OptionError,
  Rng,
  requireCount,
  requireFunction,
  type ShardedOptions,
} from '@saccade/tensor';
import { attentionLayers, type SharableLayer } from './attention-layers.js';
import {
  type CheckpointSource,
  type OpenCheckpoint,
  openCheckpoint,
  type SourceOptions,
  sourceOptionNames,
} from './checkpoint-source.js';
import { requireSource } from './convert-options.js';
import { type Difference, layerDifference } from './layer-difference.js';
import { differingTensors } from './other-tensors.js';
import { quotedName } from './quoted-name.js';
import { blockName, type SharedBlock, sharedLayers } from './shared-block.js';
import { type GivenStates, statesFor } from './verify-states.js';

const op = 'verifyCheckpoint';

/** How the original is to be understood, and what goes through the layers. */
export interface VerifyOptions extends SourceOptions {
  /** The files of the compressed checkpoint, where its index is a File, a Blob or bytes. */
  readonly compressedShards?: ShardedOptions['shards'];
  /** States [length, width] or [batch, length, width] that go into all layers, or into each by its path. Default: random normal numbers. */
  readonly hidden?: GivenStates | undefined;
  /** States that keys of cross attention are made of. Default: random ones of their own. */
  readonly keyHidden?: GivenStates | undefined;
  /** Of the random states. Default 0. */
  readonly seed?: number | undefined;
  /** How many random states a sequence has. Default 64. */
  readonly length?: number | undefined;
  /** Called before each layer. */
  readonly onProgress?: ((progress: VerificationProgress) => void) | undefined;
}

/** How far a verification is. */
export interface VerificationProgress {
  readonly layer: string;
  readonly index: number;
  readonly layers: number;
}

/** How a layer's results differ. */
export interface LayerVerification {
  readonly layer: string;
  readonly rank: number;
  /** |T - what is stored| / |T|, computed anew. */
  readonly error: number;
  /** What the checkpoint says that it is. */
  readonly toldError: number;
  /** What the heads read, before the output map. */
  readonly context: Difference;
  readonly probabilities: Difference;
}

/** The whole. */
export interface Verification {
  readonly layers: readonly LayerVerification[];
  /** Tensors of the original that should be as they were, and those of them that are not. */
  readonly others: { readonly compared: number; readonly different: readonly string[] };
  /** Whether all others are the same to the byte, and no error is larger than told. */
  readonly agrees: boolean;
}

/**
 * Compares attention of both checkpoints on the same states, in float64: what is added to scores beside queries and keys (masks of padding, relative biases)
 * is left out, as it is the same in both.
 * @throws {FormatError} for damaged files, and for two that do not belong together @throws {OptionError} @throws {SaccadeError} with code `io`
 */
export async function verifyCheckpoint(
  original: CheckpointSource,
  compressed: CheckpointSource,
  options: VerifyOptions = {},
): Promise<Verification> {
  const names = [
    ...sourceOptionNames,
    'compressedShards',
    'hidden',
    'keyHidden',
    'seed',
    'length',
    'onProgress',
  ] as const;
  const { compressedShards, signal } = checkOptions(op, options, names);
  requireSource(op, options);
  requireCount(op, 'length', options.length ?? 64);
  if (options.onProgress !== undefined) requireFunction(op, options.onProgress);
  const first = await openCheckpoint(op, original, options);
  try {
    const second = await openCheckpoint(op, compressed, { config: {}, shards: compressedShards, signal });
    try {
      return await verified(first, second, options);
    } finally {
      await second.close();
    }
  } finally {
    await first.close();
  }
}

async function verified(
  original: OpenCheckpoint,
  compressed: OpenCheckpoint,
  options: VerifyOptions,
): Promise<Verification> {
  const { signal, onProgress, seed = 0 } = options;
  const block = requireBlock(compressed);
  const pairs = pairsOf(original, block, options);
  const rng = new Rng(seed);
  const layers: LayerVerification[] = [];
  for (const [index, { layer, shared }] of pairs.entries()) {
    signal?.throwIfAborted();
    onProgress?.({ layer: layer.path, index, layers: pairs.length });
    const states = await statesFor(op, layer, options, rng.fork());
    const found = await layerDifference(op, original.file, compressed.file, layer, shared, states);
    layers.push({ layer: layer.path, rank: shared.sharedDim, toldError: shared.error, ...found });
  }
  const shared = pairs.map(({ layer }) => layer);
  const others = await differingTensors(original.file, compressed.file, shared, block.form, signal);
  // Told errors are rounded.
  const isAsTold = layers.every(({ error, toldError }) => error <= 1.001 * toldError + 1e-6);
  return { layers, others, agrees: others.different.length === 0 && isAsTold };
}

/** @throws {FormatError} */
function requireBlock({ file }: OpenCheckpoint): SharedBlock {
  const block = sharedLayers(file.metadata);
  if (block !== undefined) return block;
  throw new FormatError(`${op}: the second checkpoint is not converted: its metadata have no ${blockName}`);
}

/** A layer of the original, and what it has become. */
interface LayerPair {
  readonly layer: SharableLayer;
  readonly shared: SharedBlock['layers'][number];
}

/** @throws {FormatError} for shared layers that the original does not have */
function pairsOf({ view }: OpenCheckpoint, { layers }: SharedBlock, { adapters, hidden }: VerifyOptions): LayerPair[] {
  const found = new Map(attentionLayers(view, adapters).map((layer) => [layer.path, layer]));
  const paths = layers.map(({ path }) => path);
  const unknown = hidden instanceof Map ? [...hidden.keys()].find((path) => !paths.includes(path)) : undefined;
  if (unknown !== undefined)
    throw new OptionError(`${op}: hidden has states of ${quotedName(unknown)}, which is no shared layer`);
  return layers.map((shared) => {
    const layer = found.get(shared.path);
    if (layer === undefined || layer.unsupported !== undefined || layer.heads !== shared.heads) {
      throw new FormatError(
        `${op}: the original has no layer ${quotedName(shared.path)} of ${shared.heads} heads that can be shared`,
      );
    }
    return { layer, shared };
  });
}

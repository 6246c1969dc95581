/** A trained transformer in safetensors files, read one layer at a time. */
import {
  type CheckpointSource,
  checkTransformerMap,
  type ModelConfig,
  type OpenCheckpointOptions,
  openCheckpoint,
  type TransformerMap,
  type TransformerMapOptions,
  transformerMap,
} from '@saccade/nn';
import {
  checkOptions,
  type Device,
  dispose,
  keep,
  OptionError,
  requireOneOf,
  type SafetensorsFile,
  scope,
} from '@saccade/tensor';
import { embed } from './embed.js';
import { HeldLayers } from './held-layers.js';
import type { RankModel } from './rank-model.js';
import { readNorm, requireKnownPositions } from './read-layer.js';

/** How to open a transformer. */
export interface OpenTransformerOptions extends OpenCheckpointOptions, TransformerMapOptions {
  /** Which tensor is what, where the family is not known. Default: found from the names, the shapes and the configuration. */
  readonly map?: TransformerMap | undefined;
  /** What weights become. Default float32. */
  readonly dtype?: 'float32' | 'float64' | undefined;
  /** Where they go. Default: the current device. */
  readonly device?: Device | undefined;
}

const names = ['config', 'shards', 'signal', 'prefix', 'family', 'heads', 'map', 'dtype', 'device'] as const;

/** A transformer in open files. */
export interface OpenTransformer extends RankModel {
  readonly map: TransformerMap;
  /** Closes the files, and frees what is held of them. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

const op = 'openTransformer';
const asyncDispose: typeof Symbol.asyncDispose = Symbol.asyncDispose ?? (Symbol.for('Symbol.asyncDispose') as never);

/**
 * Opens a trained transformer: BERT, RoBERTa, ALBERT, DistilBERT, GPT-2, ViT, CLIP, T5's encoder, Llama and their kin, or any other with a map. Reads the
 * headers alone; each layer is read when its turn comes, and freed after it. F16 and BF16 become float32.
 * @throws {FormatError} for files and configurations that are damaged or of a model that is not known, and for positions that are not computed here (BERT's
 *   `relative_key`, rotary scalings but linear and Llama 3's)
 * @throws {StateDictError} that lists tensors that are missing or of another shape @throws {OptionError} @throws {SaccadeError} with code `io`
 */
export async function openTransformer(
  source: CheckpointSource,
  options: OpenTransformerOptions = {},
): Promise<OpenTransformer> {
  const { map, dtype = 'float32', device, prefix, family, heads, ...files } = checkOptions(op, options, names);
  requireOneOf(op, 'dtype', dtype, ['float32', 'float64']);
  const { file, config, close } = await openCheckpoint(op, source, files);
  try {
    const found = map === undefined ? mapOf(file, config, { prefix, family, heads }) : checked(file, map);
    requireKnownPositions(op, found.layers);
    const weights = { file, options: { dtype, device } };
    const { embeddings, finalNorm: norm } = found;
    const finalNorm = norm && keep(await scope(() => readNorm(weights, norm)));
    const layers = new HeldLayers(weights, found);
    const closeAll = async (): Promise<void> => {
      layers.free();
      if (finalNorm !== undefined) dispose(finalNorm);
      await close();
    };
    return {
      map: found,
      width: found.width,
      depth: found.layers.length,
      withLayer: (i, use) => layers.use(i, use),
      ...(finalNorm && { finalNorm }),
      ...(embeddings && { embed: (input) => embed(weights, embeddings, input) }),
      close: closeAll,
      [asyncDispose]: closeAll,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function mapOf(file: SafetensorsFile, config: ModelConfig | undefined, options: TransformerMapOptions): TransformerMap {
  if (config === undefined && options.heads === undefined) {
    throw new OptionError(`${op}: no config.json beside the checkpoint: pass { config }, or { map }`);
  }
  return transformerMap(file, config ?? {}, options);
}

function checked(file: SafetensorsFile, map: TransformerMap): TransformerMap {
  checkTransformerMap(file, map);
  return map;
}

/** Weights of the paper's release (epfml/attention-cnn): state dicts of its `BertImage`, stored as safetensors, beside its configuration. */
import { loadModule } from '@saccade/nn';
import { checkOptions, type FileSource, FormatError, openSafetensors, Rng, requireRng } from '@saccade/tensor';
import type { AttentionImageModel } from '../model/attention-image-model.js';
import { type ReleasedConfig, releasedModel } from '../model/released-config.js';
import { imageModelSize, Room } from './room.js';

/** Tensors that the release keeps and nothing here needs: tables of offsets, and what belongs to other tasks. */
const notNeeded =
  /(^|\.)(R|relative_indices|attention_mask|mask_embedding|cls_embedding|features_downscale\..*|pixelizer\..*)$/;

/** The name here of a tensor that the release calls `name`; undefined if nothing here needs it. `DataParallel` puts `module.` before all. */
function ownName(name: string): string | undefined {
  const bare = name.replace(/^module\./, '');
  return notNeeded.test(bare) ? undefined : bare;
}

/** Options of `loadReleasedModel`. */
export interface LoadReleasedModelOptions {
  /** What streams for dropout are split from. Default `new Rng(0)`. */
  readonly rng?: Rng | undefined;
  /** Aborts downloads. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * The image model of a checkpoint of the release, as `releasedModel` builds it; the dropout of attention weights, which acts in training alone, is left out.
 * Classes and channels of the images come from the shapes.
 * @param source a path (in Node), a URL object, a File or Blob, or bytes
 * @throws {UnsupportedError} for the blur trick @throws {OptionError} for sizes that cannot be @throws {FormatError} for a damaged file, or one that is no
 * checkpoint of the release @throws {StateDictError} that lists tensors that are missing, unexpected or of another shape @throws {SaccadeError} with code `io`
 */
export async function loadReleasedModel(
  source: FileSource,
  config: ReleasedConfig,
  options: LoadReleasedModelOptions = {},
): Promise<AttentionImageModel> {
  const op = 'loadReleasedModel';
  const { rng = new Rng(0), signal } = checkOptions(op, options, ['rng', 'signal']);
  requireRng(op, rng);
  const file = await openSafetensors(source, { signal });
  try {
    const shapes = new Map(file.names.map((name) => [ownName(name), file.info(name).shape]));
    const extent = (name: string, axis: number): number => {
      const found = shapes.get(name)?.[axis];
      if (found !== undefined) return found;
      throw new FormatError(`${op}: the file has no ${name} of two axes: it is no checkpoint of the release`);
    };
    const imageChannels = extent('features_upscale.weight', 1) / (config?.pooling_concatenate_size ?? 2) ** 2;
    const classes = extent('classifier.weight', 0);
    const values = file.names.reduce((sum, name) => sum + file.info(name).shape.reduce((a, b) => a * b, 1), 0);
    requireRoom(op, { ...config }, { classes, imageChannels }, values);
    const model = releasedModel({ ...config, attention_probs_dropout_prob: 0 }, { classes, imageChannels, rng });
    try {
      await loadModule(file, model, { rename: ownName });
      return model;
    } catch (error) {
      model.dispose();
      throw error;
    }
  } finally {
    await file.close();
  }
}

/** A configuration comes from strangers as the file does. What cannot be at all is left to the model. @throws {FormatError} if it asks for more values than there are */
function requireRoom(
  op: string,
  config: ReleasedConfig,
  sizes: { readonly classes: number; readonly imageChannels: number },
  values: number,
): void {
  const { hidden_size: channels = 400, num_attention_heads: heads = 9, num_hidden_layers: layers = 6 } = config;
  const { intermediate_size: intermediate = 512, pooling_concatenate_size: patch = 2 } = config;
  const { max_position_embeddings: maxPositions = 1, position_encoding_size: encoding = -1 } = config;
  const kind = config.use_gaussian_attention ? 'quadratic' : config.use_learned_2d_encoding ? 'learned' : 'content';
  // Where a query asks for positions, its halves say how large their embeddings are.
  const embedding = config.query_positional_score ? 1 : Math.max(1, encoding);
  const attention = { kind, maxPositions, embedding };
  const size = imageModelSize({ dims: 2, ...sizes, channels, layers, heads, intermediate, patch, attention });
  if (!Number.isNaN(size)) new Room(op, values).take(size);
}

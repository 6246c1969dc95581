/** Weights of the original (dwromero/g_selfatt) and of GEVit: state dicts of their layers and networks, stored as safetensors. */
import {
  checkOptions,
  type FileSource,
  openSafetensors,
  type SafetensorsFile,
  scope,
  type Tensor,
} from '@saccade/tensor';
import type { TransformerBlock } from '../layers/transformer-block.js';
import type { GroupAttentionModule } from './module-config.js';
import { fromOriginal, isNeeded } from './original-names.js';

/** Options of `loadOriginal`. */
export interface LoadOriginalOptions {
  /** Only tensors whose names begin so are read, and the rest of their names counts. Default: all. */
  readonly prefix?: string | undefined;
  /** Aborts downloads. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Gives a network, a block or a layer the weights of the original. It must be built with the sizes of the original; with `released('paper2021')` it also computes what the
 * original does. Names: `lifting_self_attention`, `lifting_normalization`, `transformer.<i>`, in which activations and pools count, and in attention `row_embedding.0`, `.1.layer_norm`, `.3`,
 * `col_embedding`, `group_embedding`, `query`, `key`, `value`, `wout`. Axes: maps are convolutions [outputs, inputs, 1, 1] there; channels of heads stand c heads + head
 * there, head mid + c here, so that rows of `query`, `key`, `value` and columns of `wout` change places. Indices that follow from the group are not read.
 * @param source a path (in Node), a URL object, a File or Blob, bytes, or an open file, which stays open
 * @throws {StateDictError} that lists tensors that are missing, unexpected or of another shape @throws {FormatError} for a damaged file @throws {SaccadeError} with code `io`
 */
export async function loadOriginal(
  source: FileSource | SafetensorsFile,
  module: GroupAttentionModule | TransformerBlock,
  options: LoadOriginalOptions = {},
): Promise<void> {
  const { prefix = '', signal } = checkOptions('loadOriginal', options, ['prefix', 'signal']);
  const isOpen = 'readStored' in Object(source);
  const file = isOpen ? (source as SafetensorsFile) : await openSafetensors(source as FileSource, { signal });
  try {
    await scope(async () => {
      const tensors = new Map<string, Tensor>();
      for (const name of file.names) {
        if (name.startsWith(prefix) && isNeeded(name)) tensors.set(name.slice(prefix.length), await file.read(name));
      }
      module.loadStateDict(fromOriginal(module, tensors));
    });
  } finally {
    if (!isOpen) await file.close();
  }
}

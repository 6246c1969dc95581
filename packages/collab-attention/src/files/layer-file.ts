/** A layer in one safetensors file: its tensors under the release's names, and in the metadata how it is built. */
import { loadModel, type ModuleTarget, saveModel } from '@saccade/nn';
import {
  checkOptions,
  type FileSource,
  FormatError,
  OptionError,
  quote,
  Rng,
  requireRng,
  type SafetensorsFile,
} from '@saccade/tensor';
import { CollaborativeAttention, type CollaborativeAttentionConfig } from '../layer/collaborative-attention.js';

const kind = { name: 'saccade_collaborative_attention', version: '1' };

/**
 * Writes a layer whole or not at all: to a path (in Node) or a store such as `browserStore`. The release's class loads the tensors; its scores are divided by
 * sqrt(sharedDim / heads), whatever the scale.
 * @param options.metadata further texts for the file
 * @throws {OptionError} for something else @throws {SaccadeError} with code `io` if it cannot be written
 */
export async function saveCollaborativeAttention(
  target: ModuleTarget,
  layer: CollaborativeAttention,
  options: { readonly metadata?: Readonly<Record<string, string>> | undefined } = {},
): Promise<void> {
  const op = 'saveCollaborativeAttention';
  const { metadata } = checkOptions(op, options, ['metadata']);
  if (!(layer instanceof CollaborativeAttention)) {
    throw new OptionError(`${op}: expected a CollaborativeAttention, got ${quote(layer)}`);
  }
  await saveModel(target, layer, { kind, config: layer.config, metadata });
}

/** What a file does not say. */
export interface LoadCollaborativeAttentionOptions {
  /** Of dropout. Default `new Rng(0)`. */
  readonly rng?: Rng | undefined;
  /** Aborts downloads. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Builds the layer of a file that `saveCollaborativeAttention` wrote. The release's own files have no configuration: `loadModule` of nn gives their tensors to a layer.
 * @param source a path (in Node), a URL object, a File or Blob, bytes, or an open file
 * @throws {FormatError} for a damaged file; nothing larger than the file is made for it @throws {StateDictError} that lists tensors that are missing,
 * unexpected or of another shape @throws {SaccadeError} with code `io`
 */
export async function loadCollaborativeAttention(
  source: FileSource | SafetensorsFile,
  options: LoadCollaborativeAttentionOptions = {},
): Promise<CollaborativeAttention> {
  const op = 'loadCollaborativeAttention';
  const { rng = new Rng(0), signal } = checkOptions(op, options, ['rng', 'signal']);
  requireRng(op, rng);
  const build = (config: Readonly<Record<string, unknown>>, values: number): CollaborativeAttention => {
    if (!(leastValues(config as never) <= values)) {
      throw new FormatError(`${op}: its configuration asks for more than the ${values} values that there are`);
    }
    return new CollaborativeAttention({ ...(config as unknown as CollaborativeAttentionConfig), rng });
  };
  return loadModel(source, { op, kind, build, signal });
}

/** Values of a layer, at least; NaN for sizes that are no whole numbers. */
function leastValues(config: CollaborativeAttentionConfig): number {
  const { width, contextWidth, heads, sharedDim, valueWidth, outputs, dense } = config;
  const sizes = [width, contextWidth, heads, sharedDim, valueWidth, outputs];
  if (!sizes.every((size) => Number.isSafeInteger(size) && size > 0)) return Number.NaN;
  return (width + contextWidth + heads) * sharedDim + contextWidth * valueWidth + (dense ? valueWidth * outputs : 0);
}

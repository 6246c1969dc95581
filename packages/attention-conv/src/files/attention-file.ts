/** Attention layers, models and converted networks in one safetensors file: tensors, and in the metadata how they are built. */
import { loadModel, type ModuleTarget, saveModel } from '@saccade/nn';
import {
  checkOptions,
  type FileSource,
  OptionError,
  quote,
  Rng,
  requireRng,
  type SafetensorsFile,
} from '@saccade/tensor';
import { AttentionImageModel, type AttentionImageModelOptions, type Stem } from '../model/attention-image-model.js';
import type { LayerOfKind } from '../model/attention-kinds.js';
import { AttentionNetwork } from '../network/attention-network.js';
import { buildLayer, layerConfig } from './layer-file.js';
import { networkConfig, networkFrom } from './network-file.js';
import { imageModelSize, Room, type Unchecked } from './room.js';

/** What files hold. */
export type AttentionModule = LayerOfKind | AttentionImageModel | AttentionNetwork;

const kind = { name: 'saccade_attention', version: '1' };

/**
 * Writes a layer, a model or a converted network, which PyTorch can read too, whole or not at all: to a path (in Node) or a store such as `browserStore`.
 * @param options.metadata further texts for the file
 * @throws {OptionError} for another module @throws {SaccadeError} with code `io` if it cannot be written
 */
export async function saveAttention(
  target: ModuleTarget,
  module: AttentionModule,
  options: { readonly metadata?: Readonly<Record<string, string>> | undefined } = {},
): Promise<void> {
  const op = 'saveAttention';
  const { metadata } = checkOptions(op, options, ['metadata']);
  await saveModel(target, module, { kind, config: configOf(op, module), metadata });
}

/** @throws {OptionError} for what no file can hold */
function configOf(op: string, module: AttentionModule): object {
  if (module instanceof AttentionNetwork) return networkConfig(module);
  if (module instanceof AttentionImageModel) {
    return { kind: 'image-model', ...module.config, hasStem: module.stem !== undefined };
  }
  const config = layerConfig(module);
  if (config !== undefined) return config;
  throw new OptionError(
    `${op}: expected an attention layer, an AttentionImageModel or a network, got ${quote(module)}`,
  );
}

/** What a file cannot hold. */
export interface LoadAttentionOptions {
  /** The stem of an image model that had one. */
  readonly stem?: Stem | undefined;
  /** What streams for dropout are split from. Default `new Rng(0)`. */
  readonly rng?: Rng | undefined;
  /** Aborts downloads. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Builds the layer, model or network of a file that `saveAttention` wrote.
 * @param source a path (in Node), a URL object, a File or Blob, bytes, or an open file
 * @throws {FormatError} for a damaged file; nothing larger than the file is made for it @throws {StateDictError} that lists tensors that are missing,
 * unexpected or of another shape @throws {OptionError} for a stem that is missing @throws {SaccadeError} with code `io`
 */
export async function loadAttention(
  source: FileSource | SafetensorsFile,
  options: LoadAttentionOptions = {},
): Promise<AttentionModule> {
  const op = 'loadAttention';
  const { stem, signal, rng = new Rng(0) } = checkOptions(op, options, ['stem', 'rng', 'signal']);
  requireRng(op, rng);
  const build = (config: Unchecked, values: number): AttentionModule => {
    const room = new Room(op, values);
    if (config.kind === 'image-model') return imageModel(op, config, room, stem, rng);
    if (stem !== undefined) throw new OptionError(`${op}: only image models have a stem, do not pass one`);
    if (config.kind === 'network') return networkFrom(op, config, room, rng);
    return buildLayer(op, config, room, rng);
  };
  return loadModel<AttentionModule>(source, { op, kind, build, theirs: [stem?.module], signal });
}

function imageModel(
  op: string,
  { kind: _, hasStem, ...config }: Unchecked,
  room: Room,
  stem: Stem | undefined,
  rng: Rng,
): AttentionImageModel {
  if (hasStem === true && stem === undefined) {
    throw new OptionError(`${op}: the stem of this model is a module of its maker's: pass { stem }`);
  }
  if (hasStem !== true && stem !== undefined) throw new OptionError(`${op}: this model has no stem, do not pass one`);
  room.take(imageModelSize(hasStem === true ? { ...config, imageChannels: 0 } : config));
  return new AttentionImageModel({ ...config, stem, rng } as unknown as AttentionImageModelOptions);
}

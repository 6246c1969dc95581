/** Networks and layers in one safetensors file: tensors, and in the metadata how they are built. */
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
import { buildModule, type GroupAttentionModule, moduleConfig } from './module-config.js';

const kind = { name: 'saccade_equivariant_attention', version: '1' };

/**
 * Writes a network or a layer, which PyTorch can read too, whole or not at all: to a path (in Node) or a store such as `browserStore`.
 * @param options.metadata further texts for the file
 * @throws {OptionError} for another module @throws {SaccadeError} with code `io` if it cannot be written
 */
export async function saveGroupAttention(
  target: ModuleTarget,
  module: GroupAttentionModule,
  options: { readonly metadata?: Readonly<Record<string, string>> | undefined } = {},
): Promise<void> {
  const op = 'saveGroupAttention';
  const { metadata } = checkOptions(op, options, ['metadata']);
  const config = moduleConfig(module);
  if (config === undefined) {
    throw new OptionError(
      `${op}: expected a GroupAttentionNet, a LiftingSelfAttention or a GroupSelfAttention, got ${quote(module)}`,
    );
  }
  await saveModel(target, module, { kind, config, metadata });
}

/** Options of `loadGroupAttention`. */
export interface LoadGroupAttentionOptions {
  /** What streams for dropout are split from. Default `new Rng(0)`. */
  readonly rng?: Rng | undefined;
  /** Aborts downloads. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Builds the network or layer of a file that `saveGroupAttention` wrote.
 * @param source a path (in Node), a URL object, a File or Blob, bytes, or an open file
 * @throws {FormatError} for a damaged file; nothing larger than the file is made for it @throws {StateDictError} that lists tensors that are missing, unexpected or of another
 * shape @throws {SaccadeError} with code `io`
 */
export async function loadGroupAttention(
  source: FileSource | SafetensorsFile,
  options: LoadGroupAttentionOptions = {},
): Promise<GroupAttentionModule> {
  const op = 'loadGroupAttention';
  const { rng = new Rng(0), signal } = checkOptions(op, options, ['rng', 'signal']);
  requireRng(op, rng);
  return loadModel(source, { op, kind, build: (config, values) => buildModule(op, config, values, rng), signal });
}

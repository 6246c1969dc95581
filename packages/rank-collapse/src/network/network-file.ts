/** A network in one safetensors file: its tensors under the release's names, and in the metadata how it is built. */
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
import type { SelfAttentionNetworkConfig } from './network-options.js';
import { SelfAttentionNetwork } from './self-attention-network.js';

const kind = { name: 'saccade_self_attention_network', version: '1' };

/**
 * Writes a network whole or not at all: to a path (in Node) or a store such as `browserStore`. The release's class can load the tensors.
 * @param options.metadata further texts for the file
 * @throws {OptionError} for something else @throws {SaccadeError} with code `io` if it cannot be written
 */
export async function saveSelfAttentionNetwork(
  target: ModuleTarget,
  network: SelfAttentionNetwork,
  options: { readonly metadata?: Readonly<Record<string, string>> | undefined } = {},
): Promise<void> {
  const op = 'saveSelfAttentionNetwork';
  const { metadata } = checkOptions(op, options, ['metadata']);
  if (!(network instanceof SelfAttentionNetwork)) {
    throw new OptionError(`${op}: expected a SelfAttentionNetwork, got ${quote(network)}`);
  }
  await saveModel(target, network, { kind, config: network.config, metadata });
}

/** What a file does not say. */
export interface LoadSelfAttentionNetworkOptions {
  /** Draws what is dropped when the network is trained on. Default `new Rng(0)`. */
  readonly rng?: Rng | undefined;
  /** Aborts downloads. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Builds the network of a file that `saveSelfAttentionNetwork` wrote. The release's own files have no configuration: `loadModule` of nn gives their tensors to a
 * network.
 * @param source a path (in Node), a URL object, a File or Blob, bytes, or an open file
 * @throws {FormatError} for a damaged file; nothing larger than the file is made for it @throws {StateDictError} that lists tensors that are missing,
 * unexpected or of another shape @throws {SaccadeError} with code `io`
 */
export async function loadSelfAttentionNetwork(
  source: FileSource | SafetensorsFile,
  options: LoadSelfAttentionNetworkOptions = {},
): Promise<SelfAttentionNetwork> {
  const op = 'loadSelfAttentionNetwork';
  const { rng = new Rng(0), signal } = checkOptions(op, options, ['rng', 'signal']);
  requireRng(op, rng);
  const build = (config: Readonly<Record<string, unknown>>, values: number): SelfAttentionNetwork => {
    if (!(leastValues(config) <= values)) {
      throw new FormatError(`${op}: its configuration asks for more than the ${values} values that there are`);
    }
    return new SelfAttentionNetwork({ ...(config as unknown as SelfAttentionNetworkConfig), rng });
  };
  return loadModel(source, { op, kind, build, signal });
}

/** Values of a network, at least; NaN for sizes that are no whole numbers from 1. */
function leastValues(config: Readonly<Record<string, unknown>>): number {
  const size = (name: string): number => sizeOf(config[name]);
  const inputs = 'vocabulary' in config ? size('vocabulary') + size('positions') : size('coordinates');
  return size('width') * (inputs + size('labels') + 4 * size('width') * size('depth'));
}

function sizeOf(value: unknown): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : Number.NaN;
}

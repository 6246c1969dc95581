/** How redundant the keys and queries of a checkpoint are, layer by layer. */
import { breather } from '@saccade/nn';
import { checkOptions, OptionError, quote, requireFunction, scope } from '@saccade/tensor';
import { type Energy, energy } from '../energy/energy.js';
import { attentionLayers, type FoundLayer, type SharableLayer } from './attention-layers.js';
import { type CheckpointSource, openCheckpoint, type SourceOptions, sourceOptionNames } from './checkpoint-source.js';
import { requireSource } from './convert-options.js';
import { readLayerWeights } from './layer-weights.js';
import { quotedName } from './quoted-name.js';
import type { VerificationProgress } from './verify-checkpoint.js';
import { weightTensors } from './weight-tensors.js';

const op = 'layerEnergies';

/** Which layers. */
export interface LayerEnergiesOptions extends SourceOptions {
  /** Path of the one that is wanted. Default: all that can be shared. */
  readonly layer?: string | undefined;
  /** Called before each layer. */
  readonly onProgress?: ((progress: VerificationProgress) => void) | undefined;
}

/** Curves of a layer, see `energy`. */
export interface LayerEnergy {
  readonly layer: string;
  readonly heads: number;
  /** Key dimensions of a head. */
  readonly dims: number;
  readonly energy: Energy;
}

/**
 * The energy curves of the layers of a checkpoint.
 * @throws {UnsupportedError} where no adapter knows its tensors @throws {OptionError} for a layer that there is not @throws {FormatError} for damaged files
 * and values that are not finite @throws {SaccadeError} with code `io`
 */
export async function layerEnergies(
  source: CheckpointSource,
  options: LayerEnergiesOptions = {},
): Promise<LayerEnergy[]> {
  const {
    adapters,
    signal,
    layer: wanted,
    onProgress,
  } = checkOptions(op, options, [...sourceOptionNames, 'layer', 'onProgress']);
  requireSource(op, options);
  if (onProgress !== undefined) requireFunction(op, onProgress);
  const open = await openCheckpoint(op, source, options);
  try {
    const layers = chosen(attentionLayers(open.view, adapters), wanted);
    const found: LayerEnergy[] = [];
    const breathe = breather();
    for (const [index, layer] of layers.entries()) {
      await breathe();
      signal?.throwIfAborted();
      onProgress?.({ layer: layer.path, index, layers: layers.length });
      const weights = await readLayerWeights(op, open.file, layer);
      const { path, heads, keyHeads, dims } = layer;
      const curves = await scope(() => {
        const { query, key } = weightTensors(weights);
        return energy(query, key, { heads, keyHeads });
      });
      found.push({ layer: path, heads, dims, energy: curves });
    }
    return found;
  } finally {
    await open.close();
  }
}

function chosen(all: readonly FoundLayer[], wanted: string | undefined): readonly SharableLayer[] {
  const layers = all.filter((layer): layer is SharableLayer => layer.unsupported === undefined);
  if (wanted === undefined) return layers;
  const found = layers.filter(({ path }) => path === wanted);
  if (found.length > 0) return found;
  const some = layers.slice(0, 8).map(({ path }) => quotedName(path));
  throw new OptionError(`${op}: there is no layer ${quote(wanted)} that can be shared; there are ${some.join(', ')}`);
}

/** Layers and models without some of their heads. */
import { checkOptions, gather, OptionError, quote, Rng, reshape, scope, type Tensor, tensor } from '@saccade/tensor';
import { LearnedRelativeAttention } from '../layers/learned-relative-attention.js';
import { QuadraticAttention } from '../layers/quadratic-attention.js';
import { AttentionImageModel } from '../model/attention-image-model.js';
import { UnsupportedError } from '../unsupported-error.js';
import { headAxis, requireHeads, withHeads } from './head-rows.js';

/** Layers whose heads have channels of their own, so that one can go. */
export type PrunableLayer = QuadraticAttention | LearnedRelativeAttention;

/** Options of `pruneHeads`. */
export interface PruneOptions {
  /** Whether all heads may go, which leaves a layer its bias. Default false. */
  readonly allowNone?: boolean | undefined;
}

/**
 * A new layer without these heads, the others as they are: what is lost is what the heads added to the output. Degenerate ones are found by `headReport`.
 * @throws {OptionError} for heads that there are not, and if none would be left @throws {UnsupportedError} for layers whose heads share channels
 */
export function pruneHeads<Layer extends PrunableLayer>(
  layer: Layer,
  heads: readonly number[],
  options?: PruneOptions,
): Layer;
/** A new model without these heads, a list for each block; the stem stays that of the old one. */
export function pruneHeads(
  model: AttentionImageModel,
  heads: readonly (readonly number[])[],
  options?: PruneOptions,
): AttentionImageModel;
export function pruneHeads(
  target: PrunableLayer | AttentionImageModel,
  heads: readonly number[] | readonly (readonly number[])[],
  options: PruneOptions = {},
): PrunableLayer | AttentionImageModel {
  const { allowNone = false } = checkOptions('pruneHeads', options, ['allowNone']);
  if (target instanceof AttentionImageModel) {
    return prunedModel(target, heads as readonly (readonly number[])[], allowNone);
  }
  const kept = keptHeads(target, heads as readonly number[], allowNone);
  const pruned = emptyLayer(target, kept.length);
  scope(() => pruned.loadStateDict(keptState(target.stateDict(), '', target.heads, kept)));
  return pruned;
}

/** @throws {OptionError} @throws {UnsupportedError} */
function keptHeads(layer: unknown, heads: readonly number[], allowNone: boolean): number[] {
  const op = 'pruneHeads';
  if (!(layer instanceof QuadraticAttention || layer instanceof LearnedRelativeAttention)) {
    throw new UnsupportedError(`${op}: takes quadratic and learned layers, whose heads have channels of their own`);
  }
  const gone = requireHeads(op, heads, layer.heads);
  const kept = Array.from({ length: layer.heads }, (_, head) => head).filter((head) => !gone.includes(head));
  if (kept.length > 0 || allowNone) return kept;
  throw new OptionError(
    `${op}: no head would be left, and the layer would be its bias: allow it with { allowNone: true }`,
  );
}

/** The layer with another number of heads, whose values are to come. */
function emptyLayer(layer: PrunableLayer, heads: number): PrunableLayer {
  const { dtype, device } = layer.weight;
  const common = { heads, dtype, device, rng: new Rng(0) };
  if (layer instanceof QuadraticAttention) return new QuadraticAttention({ ...layer.config, ...common });
  const { dims, inputs, bias, scores, maxPositions, embedding } = layer.config;
  return new LearnedRelativeAttention({ dims, inputs, bias, scores, maxPositions, embedding, ...common });
}

/** The tensors of a state, those under `prefix` with the kept heads alone. */
function keptState(
  state: ReadonlyMap<string, Tensor>,
  prefix: string,
  heads: number,
  kept: readonly number[],
): Map<string, Tensor> {
  const entries = Array.from(state, ([name, t]): [string, Tensor] => {
    const axis = name.startsWith(prefix) ? headAxis(name.slice(prefix.length)) : undefined;
    return [name, axis === undefined ? t : takeHeads(t, axis, heads, kept)];
  });
  return new Map(entries);
}

function takeHeads(t: Tensor, axis: number, heads: number, kept: readonly number[]): Tensor {
  const places = tensor(Int32Array.from(kept), { device: t.device });
  const taken = gather(withHeads(t, axis, heads), places, { axis });
  const [before, [count = 0, block = 0], behind] = [
    taken.shape.slice(0, axis),
    taken.shape.slice(axis, axis + 2),
    taken.shape.slice(axis + 2),
  ];
  return reshape(taken, [...before, count * block, ...behind]);
}

function prunedModel(
  model: AttentionImageModel,
  heads: readonly (readonly number[])[],
  allowNone: boolean,
): AttentionImageModel {
  const layers = model.attentionLayers;
  if (!Array.isArray(heads) || heads.length !== layers.length) {
    throw new OptionError(`pruneHeads: expected a list for each of the ${layers.length} blocks, got ${quote(heads)}`);
  }
  const kept = layers.map((layer, i) => keptHeads(layer, heads[i] as readonly number[], allowNone));
  const { stem, config } = model;
  const pruned = new AttentionImageModel({
    ...config,
    heads: kept.map(({ length }) => length),
    stem: stem && { module: stem, channels: model.featuresUpscale.weight.shape[1] as number },
    rng: new Rng(0),
  });
  scope(() => {
    const state = layers.reduce(
      (all, layer, i) => keptState(all, `encoder.layer.${i}.attention.self.`, layer.heads, kept[i]!),
      model.stateDict(),
    );
    pruned.loadStateDict(state);
  });
  return pruned;
}

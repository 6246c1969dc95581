/** Finds in a checkpoint which tensor is what of a transformer, from the names, the shapes and the configuration. */
import { checkOptions } from '@saccade/tensor';
import { attentionEntry } from './attention-entry.js';
import { checkTensors } from './check-transformer-map.js';
import type { ModelConfig } from './config-values.js';
import { embeddingEntry } from './embedding-entry.js';
import { layerEntry } from './layer-entry.js';
import { attentionTensors, mapTensors } from './map-tensors.js';
import { forLayers, planStack, type StackPlan, type TransformerMapOptions } from './stack-plan.js';
import type { AttentionMap, TransformerMap } from './transformer-entries.js';
import type { CheckpointNames } from './transformer-stacks.js';
import { normEntry } from './weight-entry.js';

const optionNames = ['prefix', 'family', 'heads'] as const;

/**
 * Which tensor is what in a checkpoint of a known family: BERT, RoBERTa, XLM-R, Electra (`bert`), `distilbert`, `albert`,
 * ViT and DeiT (`vit`, `timm-vit`), CLIP (`clip-text`, `clip-vision`), `gpt2`, the encoder of T5 (`t5-encoder`), Llama,
 * Mistral, Qwen2 and Qwen3 (`llama`). Reads no tensor: names and shapes are in the header. A file of layers alone
 * has no embeddings and no last norm.
 *
 * @param file an open safetensors file
 * @param config the model's parsed config.json; it may be anybody's, so its values are checked
 * @throws {FormatError} for an unknown family, a configuration of another model, and values that make no sense or
 *   contradict the tensors, as heads that do not divide the channels
 * @throws {OptionError} where there are several stacks of layers and no option chooses
 * @throws {StateDictError} that lists what is missing, of another shape or type, or in a layer without being known there
 */
export function transformerMap(
  file: CheckpointNames,
  config: ModelConfig,
  options: TransformerMapOptions = {},
): TransformerMap {
  const op = 'transformerMap';
  const plan = planStack(op, file, config, checkOptions(op, options, optionNames));
  const { stack, width, has } = plan;
  const layers = forLayers(plan, layerEntry);
  const absolute = layers.every(({ attention }) => !attention.positions.startsWith('relative-key'));
  const embeddings = embeddingEntry(plan, absolute);
  const { finalNorm } = stack.names;
  const norm = finalNorm === undefined ? undefined : normEntry(plan, stack.prefix + finalNorm);
  const map: TransformerMap = {
    family: stack.family,
    prefix: stack.prefix,
    width,
    layers,
    ...(embeddings && { embeddings }),
    ...(norm && has(norm.weight) && { finalNorm: norm }),
  };
  const known = mapTensors(file, map);
  checkTensors(op, file, known, unknownTensors(plan, new Set(known.map(({ name }) => name)), false));
  return map;
}

/**
 * As `transformerMap`, but of the attention alone: the rest of the layers may be missing or unknown.
 * @throws as `transformerMap`
 */
export function attentionMap(
  file: CheckpointNames,
  config: ModelConfig,
  options: TransformerMapOptions = {},
): AttentionMap {
  const op = 'attentionMap';
  const plan = planStack(op, file, config, checkOptions(op, options, optionNames));
  const { stack, width } = plan;
  const layers = forLayers(plan, attentionEntry);
  const known = layers.flatMap((attention) => attentionTensors(attention, width));
  checkTensors(op, file, known, unknownTensors(plan, new Set(known.map(({ name }) => name)), true));
  return { family: stack.family, prefix: stack.prefix, width, layers };
}

/** Tensors in the layers that are not in the map and would have changed the result: of all, or of attention. */
function unknownTensors({ file, stack }: StackPlan, known: ReadonlySet<string>, attentionOnly: boolean): string[] {
  const { before } = stack;
  const { layer, attention, norms, buffers } = stack.names;
  const inLayer = new RegExp(`^${escaped(layer).replace('\\{i\\}', '[0-9]+').replace('\\{j\\}', '[0-9]+')}`);
  return file.names.filter((name) => {
    if (known.has(name) || !name.startsWith(before)) return false;
    const rest = name.slice(before.length);
    const path = inLayer.exec(rest)?.[0];
    if (path === undefined) return false;
    const inside = rest.slice(path.length);
    if (buffers?.test(inside)) return false;
    return !attentionOnly || (inside.startsWith(`${attention.path}.`) && !inside.startsWith(`${norms.attention}.`));
  });
}

const escaped = (text: string): string => text.replace(/[.{}]/g, '\\$&');

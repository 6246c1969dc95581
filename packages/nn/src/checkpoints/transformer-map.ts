/** Finds in a checkpoint which tensor is what of a transformer, from the names, the shapes and the configuration. */
import { checkOptions } from '@saccade/tensor';
import { attentionEntry } from './attention-entry.js';
import { checkTensors } from './check-transformer-map.js';
import type { ModelConfig } from './config-values.js';
import { embeddingEntry } from './embedding-entry.js';
import { layerEntry } from './layer-entry.js';
import { alikeTensors, unknownTensors } from './layer-tensors.js';
import { attentionTensors, mapTensors } from './map-tensors.js';
import { forLayers, planStack, type TransformerMapOptions } from './stack-plan.js';
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
 * @throws {StateDictError} that lists what is missing (a bias that other layers have, too), of another shape or type, or in a
 *   layer without being known there
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
  checkTensors(op, file, alikeTensors(plan, known), unknownTensors(plan, known, false));
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
  checkTensors(op, file, alikeTensors(plan, known), unknownTensors(plan, known, true));
  return { family: stack.family, prefix: stack.prefix, width, layers };
}

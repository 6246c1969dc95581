/** From a configuration to the layers of a network, one after another. */
import { type Module, ReLU, SiLU } from '@saccade/nn';
import type { Rng, Tensor } from '@saccade/tensor';
import type { Group } from '../groups/group.js';
import { featureActivation } from '../layers/activation.js';
import { ClassifierHead } from '../layers/classifier-head.js';
import { Crop } from '../layers/crop.js';
import { LiftingSelfAttention } from '../layers/lifting-self-attention.js';
import { featureNorm } from '../layers/norms.js';
import { OrbitDropout } from '../layers/orbit-dropout.js';
import { PoolPixels } from '../layers/pool-pixels.js';
import { Restrict } from '../layers/restrict.js';
import { TransformerBlock } from '../layers/transformer-block.js';
import type { GroupAttentionNetConfig } from './net-config.js';

/** A layer from a tensor to a tensor. */
export type NetLayer = Module<[x: Tensor]>;

/** Where building stands. */
interface Place {
  group: Group;
  channels: number;
  height: number;
  width: number;
}

/**
 * The layers by name, in order: `input_dropout`, `lifting`, `lifting_norm`, `lifting_activation`, `lifting_pool`, then of each block i its layers `blocks.i.0`,
 * `blocks.i.0_norm`, `blocks.i.0_activation`, ..., `blocks.i.pool`, `blocks.i.dropout`, `blocks.i.restrict`, and `head`. Frees what was made if one cannot be.
 */
export function buildLayers(op: string, config: GroupAttentionNetConfig, rng: Rng): Map<string, NetLayer> {
  const layers = new Map<string, NetLayer>();
  try {
    const [height, width] = config.size;
    const place: Place = { group: config.group, channels: config.channels, height, width };
    addLifting(op, layers, place, config, rng);
    const crops = [...config.crop];
    for (const [i, count] of config.blocks.entries()) {
      addBlock(op, layers, place, config, i, crops.splice(0, count), rng);
    }
    const { classes, spatialPool, groupPool, initScale } = config;
    layers.set('head', new ClassifierHead(place.channels, classes, { rng, spatialPool, groupPool, initScale }));
    return layers;
  } catch (error) {
    for (const layer of layers.values()) layer.dispose();
    throw error;
  }
}

/** What a layer of attention sees: a patch, or the whole image as it is there. */
function sightIn({ height, width }: Place, patch: number | undefined, { neighbourhood }: GroupAttentionNetConfig) {
  return patch === undefined ? { size: [height, width] as const, neighbourhood } : { patch, neighbourhood };
}

function attentionOptions({ group }: Place, config: GroupAttentionNetConfig, rng: Rng) {
  const { heads, encoding, encodingEps, attentionDropout, orbitSharedDropout, initScale } = config;
  return { group, heads, encoding, encodingEps, dropout: attentionDropout, orbitSharedDropout, initScale, rng };
}

function addLifting(
  op: string,
  layers: Map<string, NetLayer>,
  place: Place,
  config: GroupAttentionNetConfig,
  rng: Rng,
): void {
  const { imageChannels, channels, strict, liftingPatch } = config;
  if (config.inputDropout > 0) layers.set('input_dropout', dropout(config.inputDropout, place, config, rng));
  const options = { ...attentionOptions(place, config, rng), ...sightIn(place, liftingPatch, config), strict };
  layers.set('lifting', new LiftingSelfAttention(imageChannels, channels, options));
  layers.set('lifting_norm', featureNorm(op, config.norm, channels, config.normEps));
  layers.set('lifting_activation', activation(op, config));
  if (config.poolAfterLifting) addPool(layers, 'lifting_pool', place);
}

function addBlock(
  op: string,
  layers: Map<string, NetLayer>,
  place: Place,
  config: GroupAttentionNetConfig,
  index: number,
  crops: GroupAttentionNetConfig['crop'],
  rng: Rng,
): void {
  const { expansion, norm, normEps, poolDropout, restrict } = config;
  const outputs = place.channels * (expansion[index] as number);
  for (const [i, crop] of crops.entries()) {
    const name = `blocks.${index}.${i}`;
    layers.set(name, transformerBlock(place, config, outputs, crop, rng));
    const cropped = new Crop(crop);
    Object.assign(place, { channels: outputs, height: cropped.side(place.height), width: cropped.side(place.width) });
    if (!config.normBetweenLayers) continue;
    layers.set(`${name}_norm`, featureNorm(op, norm, outputs, normEps));
    layers.set(`${name}_activation`, activation(op, config));
  }
  const isLast = index === config.blocks.length - 1;
  if (!isLast || config.poolLast) {
    addPool(layers, `blocks.${index}.pool`, place);
    if (poolDropout > 0) layers.set(`blocks.${index}.dropout`, dropout(poolDropout, place, config, rng));
  }
  if (restrict?.afterBlock !== index) return;
  const layer = new Restrict(place.group, place.group.subgroup(restrict.elements));
  layers.set(`blocks.${index}.restrict`, layer);
  Object.assign(place, { group: layer.to, channels: place.channels * layer.cosets });
}

function transformerBlock(
  place: Place,
  config: GroupAttentionNetConfig,
  outputs: number,
  crop: GroupAttentionNetConfig['crop'][number],
  rng: Rng,
): TransformerBlock {
  const { norm, normEps, activation: act, valueDropout, patch, groupIndex, groupEncoding } = config;
  return new TransformerBlock(place.channels, outputs, {
    ...{ ...attentionOptions(place, config, rng), ...sightIn(place, patch, config), groupIndex, groupEncoding },
    ...{ crop, norm, normEps, activation: act, valueDropout },
  });
}

function addPool(layers: Map<string, NetLayer>, name: string, place: Place): void {
  layers.set(name, new PoolPixels());
  Object.assign(place, { height: Math.floor(place.height / 2), width: Math.floor(place.width / 2) });
}

function dropout(
  rate: number,
  { group }: Place,
  { orbitSharedDropout }: GroupAttentionNetConfig,
  rng: Rng,
): OrbitDropout {
  return new OrbitDropout(rate, { rng, shared: orbitSharedDropout ? group : undefined });
}

function activation(op: string, { activation: name }: GroupAttentionNetConfig): NetLayer {
  featureActivation(op, name);
  return name === 'swish' ? new SiLU() : new ReLU();
}

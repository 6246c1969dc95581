/** Converted networks as data: how their layers are built, and built again. */
import { Flatten } from '@saccade/nn';
import { checkOptions, FormatError, type Rng, requireCount, requireFlag } from '@saccade/tensor';
import { QuadraticAttention } from '../layers/quadratic-attention.js';
import { Affine } from '../network/affine.js';
import { AttentionNetwork, type Conversion, type NetworkModule } from '../network/attention-network.js';
import { MaxPool } from '../network/max-pool.js';
import { PixelMean } from '../network/pixel-mean.js';
import { isPointwise, Pointwise, type PointwiseLayer, pointwiseKinds } from '../network/pointwise.js';
import { type PoolWindow, poolWindow } from '../network/pool-window.js';
import { buildLayer, layerConfig } from './layer-file.js';
import { affineSize, type Room, type Unchecked } from './room.js';

/** What a network is built from. */
export function networkConfig({ dims, inputs, layers, conversion }: AttentionNetwork): object {
  const all = Array.from(layers, ([name, layer]) => ({ name, ...moduleConfig(layer) }));
  return { kind: 'network', dims, inputs, conversion, layers: all };
}

function moduleConfig(layer: NetworkModule): object {
  if (layer instanceof PixelMean) {
    return { kind: 'pixelMean', window: layer.window, attention: layerConfig(layer.attention) };
  }
  if (layer instanceof MaxPool) return { kind: 'maxPool', window: layer.window };
  if (layer instanceof Pointwise) return layer.layer;
  if (layer instanceof Flatten) return { kind: 'flatten', channelsFirst: layer.channelsFirst };
  if (layer instanceof Affine) return { kind: 'linear', dtype: layer.weight.dtype, ...layer.config };
  return layerConfig(layer) as object;
}

/** How errors of what builds a layer name it: nobody but the file has asked for it, so they are none of the caller's options. */
const LAYER = 'a layer of the network';

/** Builds a network from data that nobody has checked; frees what it made if it cannot. @throws {FormatError} @throws {OptionError} */
export function networkFrom(op: string, config: Unchecked, room: Room, rng: Rng): AttentionNetwork {
  const { dims, inputs, layers, conversion } = config as Unchecked & { readonly dims: number; readonly inputs: number };
  if (!Array.isArray(layers)) throw new FormatError(`${op}: its configuration has no list of layers`);
  requireCount('the network', 'dims', dims, 1, 3);
  requireConversion(op, conversion, dims);
  const modules = new Map<string, NetworkModule>();
  try {
    for (const layer of layers as Unchecked[]) {
      const { name, ...own } = Object(layer) as Unchecked;
      if (typeof name !== 'string' || name === '' || modules.has(name)) {
        throw new FormatError(`${op}: its layers have no names of their own`);
      }
      modules.set(name, buildModule(op, own, dims, room, rng));
    }
    return new AttentionNetwork(dims, inputs, modules, conversion);
  } catch (error) {
    for (const module of modules.values()) module.dispose();
    throw error;
  }
}

function buildModule(op: string, config: Unchecked, dims: number, room: Room, rng: Rng): NetworkModule {
  const { kind, window, dtype, ...own } = config;
  switch (kind) {
    case 'pixelMean':
      return new PixelMean(windowOf(window, dims), quadratic(op, Object(own.attention) as Unchecked, room, rng));
    case 'maxPool':
      return new MaxPool(windowOf(window, dims));
    case 'flatten':
      return new Flatten({ channelsFirst: requireFlag(LAYER, 'channelsFirst', own.channelsFirst as boolean) });
    case 'linear':
      room.take(affineSize(own));
      return new Affine(LAYER, own as never, { dtype: dtype as never });
  }
  const layer = config as unknown as PointwiseLayer;
  if (typeof kind !== 'string' || !isPointwise(layer)) return quadratic(op, config, room, rng);
  const names = pointwiseKinds[layer.kind] as readonly (keyof PointwiseLayer)[];
  return new Pointwise(LAYER, checkOptions(LAYER, layer, names));
}

/** @throws {OptionError} */
function windowOf(window: unknown, dims: number): PoolWindow {
  return poolWindow(LAYER, Object(window) as PoolWindow, dims);
}

/** @throws {FormatError} for a layer of another kind */
function quadratic(op: string, config: Unchecked, room: Room, rng: Rng): QuadraticAttention {
  const layer = buildLayer(op, config, room, rng);
  if (layer instanceof QuadraticAttention) return layer;
  layer.dispose();
  throw new FormatError(`${op}: its configuration has a layer that no network has`);
}

/** @throws {FormatError} for what nobody could have converted with */
function requireConversion(op: string, conversion: unknown, dims: number): asserts conversion is Conversion {
  const { alpha, border, values, inputRange, extents } = Object(conversion) as Partial<Conversion>;
  const [low, high] = [inputRange].flat() as unknown[];
  const isCount = (extent: unknown): boolean => Number.isSafeInteger(extent) && (extent as number) >= 1;
  const good =
    Number.isFinite(alpha) &&
    (alpha as number) > 0 &&
    ['pad', 'sink', 'native'].includes(border as string) &&
    ['identity', 'project', 'lowrank'].includes(values as string) &&
    Number.isFinite(low) &&
    Number.isFinite(high) &&
    (low as number) <= (high as number) &&
    Array.isArray(extents) &&
    extents.length === dims &&
    extents.every(isCount);
  if (!good) throw new FormatError(`${op}: its configuration does not say how it was converted`);
}

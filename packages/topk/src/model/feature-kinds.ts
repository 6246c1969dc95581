/** The feature networks that a selector can make of data. */
import type { Module } from '@saccade/nn';
import type { Rng, Tensor } from '@saccade/tensor';
import { AtsNetwork, type AtsNetworkOptions } from './ats-network.js';
import { chainSize, type PartKind, type PartKinds } from './part-kinds.js';
import { PatchConvNet, type PatchConvNetOptions } from './patch-conv-net.js';
import { ResidualNetwork, type ResidualNetworkOptions, type ResidualPreset } from './residual-network.js';
import { TorchResNet, type TorchResNetOptions } from './torch-resnet.js';

/**
 * Any module from patches [batch, patchSize, patchSize, channels] to [batch, outSize]; where its result has further axes in
 * between, their mean is taken.
 */
export type FeatureNetwork = Module<[x: Tensor]> & { readonly outSize: number };

type Own<Options> = Omit<Options, 'rng' | 'inChannels' | 'patchSize' | 'preset'>;

/** A feature network as data; what the options do not say follows from the selector's. */
export type FeatureOptions =
  | ({ readonly kind: 'ats' } & Own<AtsNetworkOptions>)
  | ({ readonly kind: ResidualPreset } & Own<ResidualNetworkOptions>)
  | ({ readonly kind: 'conv' } & Own<PatchConvNetOptions>)
  | ({ readonly kind: 'torch-resnet18' } & Own<TorchResNetOptions>);

/** What the selector knows. */
export interface FeatureContext {
  readonly rng: Rng;
  readonly inChannels: number;
  readonly patchSize: number;
}

type Kind = PartKind<FeatureContext, FeatureNetwork>;

function residual(preset: ResidualPreset): Kind {
  return {
    least({ blocks = [2, 2, 2, 2], filters = 16 }: ResidualNetworkOptions, { inChannels }: FeatureContext) {
      const stages = blocks.map((count, stage) => chainSize(count * filters * 2 ** stage, filters * 2 ** stage));
      return stages.reduce((sum, size) => sum + size, chainSize(inChannels, filters));
    },
    make: (options, { rng, inChannels }) => new ResidualNetwork({ ...options, preset, rng, inChannels }),
  };
}

/** By name. */
export const featureKinds: PartKinds<FeatureContext, FeatureNetwork> = {
  ats: {
    least: ({ filters = [32] }: AtsNetworkOptions, { inChannels }) =>
      chainSize(inChannels, ...filters) + filters.slice(1).reduce((sum, count) => sum + chainSize(count, count), 0),
    make: (options, { rng, inChannels }) => new AtsNetwork({ ...options, rng, inChannels }),
  },
  resnet18: residual('resnet18'),
  'resnet18-fourth': residual('resnet18-fourth'),
  resnet50: residual('resnet50'),
  conv: {
    least({ channels = [1, 1, 1], outSize = 1 }: PatchConvNetOptions, { inChannels, patchSize }) {
      const left = Math.floor(patchSize / 2 ** channels.length) || 1;
      return chainSize(inChannels, ...channels) + left * left * chainSize(channels.at(-1), outSize);
    },
    make: (options, context) => new PatchConvNet({ ...options, ...context }),
  },
  'torch-resnet18': {
    least: ({ width = 1 }: TorchResNetOptions, { inChannels }) => chainSize(inChannels, 8 * width, 8 * width),
    make: (options, { rng, inChannels }) => new TorchResNet({ ...options, rng, inChannels }),
  },
};

/** The scorers that a selector can make of data. */
import type { Module } from '@saccade/nn';
import type { Rng, Tensor } from '@saccade/tensor';
import { chainSize, type PartKinds } from './part-kinds.js';
import { type ScoreGrid, Scorer, type ScorerOptions } from './scorer.js';
import { TorchResNetScorer, type TorchResNetScorerOptions } from './torch-resnet.js';

/** Any module from small pictures [batch, height, width, channels] to scores [batch, rows, columns] that can tell how many. */
export type ScoreNetwork = Module<[x: Tensor]> & {
  /** @throws {ShapeError} for a picture that is too small */
  gridOf(height: number, width: number): ScoreGrid;
  /** Rows (and columns) of the small picture that one score sees. */
  readonly receptiveField?: number | undefined;
  /** Rows (and columns) from one score to the next. */
  readonly pool?: number | undefined;
};

type Own<Options> = Omit<Options, 'rng' | 'inChannels' | 'downscale'>;

/** A scorer as data; what the options do not say follows from the selector's. */
export type ScorerData =
  | ({ readonly kind: 'conv' } & Own<ScorerOptions>)
  | ({ readonly kind: 'torch-resnet18' } & Own<TorchResNetScorerOptions>);

/** What the selector knows. */
export interface ScorerContext {
  readonly rng: Rng;
  readonly inChannels: number;
  readonly downscale: number;
}

/** By name. */
export const scorerKinds: PartKinds<ScorerContext, ScoreNetwork> = {
  conv: {
    least({ channels = [8], squeezeExcite, reduction = 16 }: ScorerOptions, { inChannels }) {
      const excited = squeezeExcite ? channels.slice(1) : [];
      const narrow = (count: number): number => Math.max(1, Math.floor(count / reduction));
      return excited.reduce((sum, n) => sum + chainSize(n, narrow(n), n), chainSize(inChannels, ...channels));
    },
    make: (options, context) => new Scorer({ ...options, ...context }),
  },
  'torch-resnet18': {
    least: ({ width = 1 }: TorchResNetScorerOptions, { inChannels }) => chainSize(inChannels, 2 * width, 2 * width),
    make: (options, context) => new TorchResNetScorer({ ...options, ...context }),
  },
};

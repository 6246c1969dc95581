/** The release's image classifier: patches, a stack of attention blocks, the mean over pixels, classes. */
import { Linear, Module } from '@saccade/nn';
import {
  checkOptions,
  mean,
  OptionError,
  quote,
  type Rng,
  requireCount,
  requireFrom,
  requireRng,
  requireWithin,
  ShapeError,
  scope,
  show,
  type Tensor,
} from '@saccade/tensor';
import { AttentionBlock } from './attention-block.js';
import { type AttentionKind, attentionLayer, type LayerOfKind } from './attention-kinds.js';
import { spaceToDepth } from './space-to-depth.js';

/** What comes before the blocks in the place of patches. */
export interface Stem {
  /** Any module from images to smaller ones [batch, ...spatial, channels]. */
  readonly module: Module<[images: Tensor]>;
  /** Channels that it gives. */
  readonly channels: number;
}

/** Options of the model. */
export interface AttentionImageModelOptions {
  /** Axes of the images, 1 to 3. Default 2. */
  readonly dims?: number | undefined;
  /** Channels of the images. Default 3. */
  readonly imageChannels?: number | undefined;
  readonly classes: number;
  /** Channels of the blocks. Default 400, the release's. */
  readonly channels?: number | undefined;
  /** Default 6. */
  readonly layers?: number | undefined;
  /** Heads of all blocks, or of each; 0 leaves a block's attention its bias. Default 9. */
  readonly heads?: number | readonly number[] | undefined;
  /** Channels between the two dense maps of a block. Default 512. */
  readonly intermediate?: number | undefined;
  /** Pixels of a patch along each axis, whose values become channels. Default 2. */
  readonly patch?: number | undefined;
  /** In the place of patches. */
  readonly stem?: Stem | undefined;
  /** Probability with which a value is dropped in training before it is added to a block's input. Default 0.1. */
  readonly dropout?: number | undefined;
  /** Added to the variance in the blocks' norms. Default 1e-12. */
  readonly epsilon?: number | undefined;
  /** The attention of all blocks. Default quadratic. */
  readonly attention?: AttentionKind | undefined;
  /** Draws the start values. */
  readonly rng: Rng;
}

const names = [
  'dims',
  'imageChannels',
  'classes',
  'channels',
  'layers',
  'heads',
  'intermediate',
  'patch',
  'stem',
  'dropout',
  'epsilon',
  'attention',
  'rng',
] as const;

/** How a model is built, but for a stem. */
export type AttentionImageModelConfig = {
  readonly [Name in Exclude<keyof AttentionImageModelOptions, 'rng' | 'stem'>]-?: NonNullable<
    AttentionImageModelOptions[Name]
  >;
};

/**
 * Images [batch, ...spatial, imageChannels] -> logits [batch, classes]: space to depth, a linear map, blocks of attention (post-norm), the mean over pixels, a
 * linear map. State as in the release: `features_upscale`, `encoder.layer.<i>`, `classifier`.
 */
export class AttentionImageModel extends Module {
  readonly config: AttentionImageModelConfig;
  readonly stem: Module<[images: Tensor]> | undefined;
  readonly featuresUpscale: Linear;
  readonly encoder: { readonly layer: readonly AttentionBlock[] };
  readonly classifier: Linear;

  /** @throws {OptionError} for sizes that are no whole numbers from 1, and for an attention that it does not know */
  constructor(options: AttentionImageModelOptions) {
    super();
    const op = 'AttentionImageModel';
    const {
      dims = 2,
      imageChannels = 3,
      classes,
      channels = 400,
      layers = 6,
      heads = 9,
    } = checkOptions(op, options, names);
    const { intermediate = 512, patch = 2, stem, dropout = 0.1, epsilon = 1e-12 } = options;
    const { attention = { kind: 'quadratic' } } = options;
    const counts = { dims, imageChannels, classes, channels, layers, intermediate, patch };
    for (const [name, value] of Object.entries(counts)) requireCount(op, name, value);
    const perBlock = headsOfBlocks(op, heads, layers);
    requireWithin(op, 'dims', dims, 1, 3);
    requireWithin(op, 'dropout', dropout, 0, 1);
    requireFrom(op, 'epsilon', epsilon);
    const rng = requireRng(op, options.rng);
    if (stem !== undefined) requireCount(op, 'stem.channels', stem.channels);
    const block = (own: number): AttentionBlock =>
      new AttentionBlock(attentionLayer(op, attention, { dims, channels, heads: own, rng }), {
        channels,
        intermediate,
        dropout,
        epsilon,
        rng,
      });
    // First, as it is what can fail.
    const encoder = { layer: allOrNone(perBlock, block) };
    this.config = { ...counts, heads, dropout, epsilon, attention };
    this.stem = stem?.module;
    this.featuresUpscale = new Linear(stem?.channels ?? imageChannels * patch ** dims, channels, { rng });
    this.encoder = encoder;
    this.classifier = new Linear(channels, classes, { rng });
  }

  /** The attention of the blocks, in order. */
  get attentionLayers(): readonly LayerOfKind[] {
    return this.encoder.layer.map(({ attention }) => attention.self as unknown as LayerOfKind);
  }

  /** @throws {ShapeError} unless images are [batch, ...spatial, imageChannels] with extents that the patch divides */
  override forward(images: Tensor): Tensor {
    return scope(() => {
      const pixels = this.features(images);
      const axes = pixels.shape.slice(1, -1).map((_, i) => i + 1);
      return this.classifier.forward(mean(pixels, { axis: axes }));
    });
  }

  /** What the last block gives: [batch, ...spatial / patch, channels]. */
  features(images: Tensor): Tensor {
    const { dims, imageChannels, patch } = this.config;
    if (images?.rank !== dims + 2 || (this.stem === undefined && images.shape.at(-1) !== imageChannels)) {
      const got = images?.shape === undefined ? 'no tensor' : show(images.shape);
      throw new ShapeError(
        `AttentionImageModel: images must be [batch, ...${dims} axes, ${imageChannels}], got ${got}`,
      );
    }
    return scope(() => {
      const small = this.stem === undefined ? spaceToDepth(images, patch) : this.stem.forward(images);
      return this.encoder.layer.reduce<Tensor>((x, block) => block.forward(x), this.featuresUpscale.forward(small));
    });
  }
}

/** @throws {OptionError} unless it is a whole number from 1, or one from 0 for each block */
function headsOfBlocks(op: string, heads: number | readonly number[], layers: number): readonly number[] {
  if (!Array.isArray(heads)) return new Array<number>(layers).fill(requireCount(op, 'heads', heads as number));
  if (heads.length === layers && heads.every((own) => Number.isSafeInteger(own) && own >= 0)) return heads;
  throw new OptionError(`${op}: heads must be one whole number, or ${layers} from 0, got ${quote(heads)}`);
}

/** One block for each entry; frees those that there are if one cannot be built. */
function allOrNone(heads: readonly number[], build: (heads: number) => AttentionBlock): AttentionBlock[] {
  const built: AttentionBlock[] = [];
  try {
    for (const own of heads) built.push(build(own));
    return built;
  } catch (error) {
    for (const block of built) block.dispose();
    throw error;
  }
}

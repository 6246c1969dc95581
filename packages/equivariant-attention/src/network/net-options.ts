/** What a network is built from. */
import type { Rng } from '@saccade/tensor';
import type { Encoding } from '../encoding/encoded-plan.js';
import type { GroupIndex } from '../encoding/group-index.js';
import type { NeighbourhoodShape } from '../encoding/neighbourhood.js';
import type { Group } from '../groups/group.js';
import type { GroupName } from '../groups/named-groups.js';
import type { FeatureActivation } from '../layers/activation.js';
import type { CropWidth } from '../layers/crop.js';
import type { NormKind } from '../layers/norms.js';

/** Options of a network. */
export interface GroupAttentionNetOptions {
  /** Whose turns and mirrors the network respects: one of `groups`, its name, or one's own. */
  readonly group: Group | GroupName;
  /** Side of the images, or [height, width]: what sizes are checked for. Attention to patches takes images of other sides too. */
  readonly size: number | readonly [height: number, width: number];
  /** Channels of the images. Default 1. */
  readonly imageChannels?: number | undefined;
  readonly classes: number;
  /** Channels of the first layer, heads have half of them. Default 20. */
  readonly channels?: number | undefined;
  /** Layers of each block. Default [2, 3]. */
  readonly blocks?: readonly number[] | undefined;
  /** By how much each block widens the channels: one number, or one a block. Default 1. */
  readonly expansion?: number | readonly number[] | undefined;
  /** Pixels that go at each side behind attention: one number, or one (or [before, after]) a layer. Default 0. */
  readonly crop?: number | readonly CropWidth[] | undefined;
  /** Default 9. */
  readonly heads?: number | undefined;
  /** Odd side of the patch that a pixel attends to. Default: the whole image. */
  readonly patch?: number | undefined;
  /** That of the first layer. Default `patch`. */
  readonly liftingPatch?: number | undefined;
  /** Form of the patches. Default 'square'. */
  readonly neighbourhood?: NeighbourhoodShape | undefined;
  /** Default 'exact'. */
  readonly encoding?: Encoding | undefined;
  /** Default 'keyPose'. */
  readonly groupIndex?: GroupIndex | undefined;
  /** Default 'table'. */
  readonly groupEncoding?: 'table' | 'fourier' | undefined;
  /** Added to the variance in the encodings' norms. Default 1e-5; the releases have 1e-12. */
  readonly encodingEps?: number | undefined;
  /** Default 'orbit'. */
  readonly norm?: NormKind | undefined;
  /** Added to the variance in the norms. Default 1e-5; the releases have 1e-12. */
  readonly normEps?: number | undefined;
  /** Default 'swish'. */
  readonly activation?: FeatureActivation | undefined;
  /** A norm and an activation more behind each layer of the blocks. Default false. */
  readonly normBetweenLayers?: boolean | undefined;
  /** A 2x2 pool behind the first layer. Default false. */
  readonly poolAfterLifting?: boolean | undefined;
  /** A 2x2 pool behind the last block too, as there is behind the others. Default false. */
  readonly poolLast?: boolean | undefined;
  /** Probability with which pixels' values are dropped in training. Default 0. */
  readonly inputDropout?: number | undefined;
  /** The same of weights of attention. Default 0. */
  readonly attentionDropout?: number | undefined;
  /** The same of values behind attention. Default 0. */
  readonly valueDropout?: number | undefined;
  /** The same of values behind pools. Default 0. */
  readonly poolDropout?: number | undefined;
  /** Masks are the same all over an orbit, so that the network is equivariant in training too. Default false. */
  readonly orbitSharedDropout?: boolean | undefined;
  /** How pixels are pooled in the end. Default 'mean'; the paper's is 'sum'. */
  readonly spatialPool?: 'sum' | 'mean' | undefined;
  /** How elements are. Default 'max'. */
  readonly groupPool?: 'max' | 'mean' | undefined;
  /** Behind this block, from 0, only these elements of the group are respected, a subgroup. Default: all, to the end. */
  readonly restrict?: { readonly afterBlock: number; readonly elements: readonly number[] } | undefined;
  /** Weights start normal with deviation initScale / sqrt(inputs). Default sqrt(2). */
  readonly initScale?: number | undefined;
  /** Refuses sizes by which equivariance is lost, which else is a warning, and inputs with NaN or infinite values. Default false. */
  readonly strict?: boolean | undefined;
  /** Draws the start values; streams of dropout are split from it. */
  readonly rng: Rng;
}

/** The parts of a network, as maps with known weights. */
import type { ConvToAttentionOptions } from '../convert/conv-to-attention.js';
import type { DenseConvolution } from '../convolution/convolution.js';
import type { MaxPool } from './max-pool.js';
import type { Pointwise } from './pointwise.js';
import type { Place } from './weights.js';

/** What stands around an image. */
export type BorderKind = NonNullable<ConvToAttentionOptions['border']>;

/** A convolution, to become attention. */
export interface ConvolutionPart {
  readonly kind: 'convolution';
  readonly name: string;
  readonly conv: DenseConvolution;
  readonly border: BorderKind;
  /** Whether it is a mean over the pixels of a window that are not padding. */
  readonly overPixels: boolean;
}

/** The affine map at the end of a network. */
export interface LinearPart {
  readonly kind: 'linear';
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
  /** [inputs, outputs]. */
  readonly weight: Float64Array;
  readonly bias: Float64Array | undefined;
}

/** One step of a network. */
export type Part =
  | ConvolutionPart
  | LinearPart
  | { readonly kind: 'global-mean'; readonly name: string }
  | { readonly kind: 'flatten'; readonly name: string; readonly channelsFirst: boolean }
  | { readonly kind: 'max-pool'; readonly name: string; readonly module: MaxPool }
  | { readonly kind: 'pointwise'; readonly name: string; readonly module: Pointwise };

/** A network. */
export interface Plan extends Place {
  /** Axes of its images. */
  readonly dims: number;
  /** Channels of its images. */
  readonly inputs: number;
  readonly parts: readonly Part[];
}

/** A feature network for small patches, cheap to train. */
import { BatchNorm, Conv2d, Linear, Module } from '@saccade/nn';
import {
  checkOptions,
  flatten,
  maxPool,
  OptionError,
  type Rng,
  relu,
  requireCount,
  requireCounts,
  requireRng,
  requireShape,
  scope,
  type Tensor,
} from '@saccade/tensor';

/** Options of the network. */
export interface PatchConvNetOptions {
  /** Draws the start values. */
  readonly rng: Rng;
  /** Height and width of the patches. */
  readonly patchSize: number;
  /** Channels of the patches. Default 3. */
  readonly inChannels?: number | undefined;
  /** Channels behind each convolution. Default [8, 16, 16]. */
  readonly channels?: readonly number[] | undefined;
  /** Features of one patch. Default 32. */
  readonly outSize?: number | undefined;
}

/**
 * As often as there are `channels`: a 3 x 3 convolution of the same size, batch norm, ReLU, and the maximum of 2 x 2 pixels;
 * then one affine map of all that is left: [batch, patchSize, patchSize, inChannels] -> [batch, outSize].
 * State: `convs.0.weight` …, `norms.0.weight` …, `dense.weight`, `dense.bias`.
 */
export class PatchConvNet extends Module {
  readonly patchSize: number;
  readonly inChannels: number;
  /** Features of one patch. */
  readonly outSize: number;
  readonly convs: readonly Conv2d[];
  readonly norms: readonly BatchNorm[];
  readonly dense: Linear;

  /** @throws {OptionError} also for patches of which the poolings leave nothing */
  constructor(options: PatchConvNetOptions) {
    super();
    const op = 'PatchConvNet';
    checkOptions(op, options, ['rng', 'patchSize', 'inChannels', 'channels', 'outSize']);
    const { patchSize, inChannels = 3, channels = [8, 16, 16], outSize = 32 } = options;
    const rng = requireRng(op, options.rng);
    this.patchSize = requireCount(op, 'patchSize', patchSize);
    this.inChannels = requireCount(op, 'inChannels', inChannels);
    this.outSize = requireCount(op, 'outSize', outSize);
    requireCounts(op, 'channels', channels);
    const left = Math.floor(patchSize / 2 ** channels.length);
    if (left < 1) {
      throw new OptionError(
        `${op}: ${channels.length} poolings need patches from ${2 ** channels.length}, got ${patchSize}`,
      );
    }
    this.convs = channels.map(
      (outputs, i) => new Conv2d(channels[i - 1] ?? inChannels, outputs, 3, { rng, padding: 'same', bias: false }),
    );
    this.norms = channels.map((count) => new BatchNorm(count, { biased: true }));
    this.dense = new Linear(left * left * (channels.at(-1) as number), outSize, { rng });
  }

  /** @throws {ShapeError} unless x is [batch, patchSize, patchSize, inChannels] */
  override forward(x: Tensor): Tensor {
    requireShape('PatchConvNet', 'patches', x, ['batch', this.patchSize, this.patchSize, this.inChannels]);
    return scope(() => {
      const y = this.convs.reduce((t, conv, i) => {
        const normed = (this.norms[i] as BatchNorm).forward(conv.forward(t));
        // The maximum first: the same result, and a quarter of the ReLUs.
        return relu(maxPool(normed, { size: 2 }));
      }, x);
      return this.dense.forward(flatten(y, 1));
    });
  }
}

/** The feature network that attention sampling and the paper use for traffic signs: a small pre-activation ResNet. */
import { type BatchNorm, type Conv2d, GlobalAveragePool, type Layer, Module } from '@saccade/nn';
import {
  add,
  checkOptions,
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
import { flaxBatchNorm, flaxConvolution } from './flax-layers.js';

/** conv2(relu(bn2(conv1(y)))) + shortcut, of y = relu(bn1(x)): the shortcut too begins behind the activation. */
class AtsBlock extends Module {
  readonly bn1: BatchNorm;
  readonly conv1: Conv2d;
  readonly bn2: BatchNorm;
  readonly conv2: Conv2d;
  readonly projection: Conv2d | undefined;

  constructor(inputs: number, outputs: number, stride: number, rng: Rng) {
    super();
    const changes = inputs !== outputs || stride !== 1;
    this.bn1 = flaxBatchNorm(inputs);
    this.projection = changes ? flaxConvolution(inputs, outputs, 1, { rng, stride }) : undefined;
    this.conv1 = flaxConvolution(inputs, outputs, 3, { rng, stride });
    this.bn2 = flaxBatchNorm(outputs);
    this.conv2 = flaxConvolution(outputs, outputs, 3, { rng });
  }

  override forward(x: Tensor): Tensor {
    return scope(() => {
      const y = relu(this.bn1.forward(x));
      const inner = relu(this.bn2.forward(this.conv1.forward(y)));
      return add(this.conv2.forward(inner), this.projection?.forward(y) ?? y);
    });
  }
}

/** Options of the network. */
export interface AtsNetworkOptions {
  /** Draws the start values. */
  readonly rng: Rng;
  /** Channels of the patches. Default 3. */
  readonly inChannels?: number | undefined;
  /** Channels behind the first convolution and behind each block. Default [32, 32, 32, 32]. */
  readonly filters?: readonly number[] | undefined;
  /** Their strides. Default 1 and then 2 for each block. */
  readonly strides?: readonly number[] | undefined;
}

/**
 * A 3 x 3 convolution, pre-activation residual blocks, batch norm, ReLU and the mean over all positions:
 * [batch, height, width, inChannels] -> [batch, outSize]. No biases, padding 'same'; features are not scaled to length 1.
 * Katharopoulos and Fleuret 2019, as Cordonnier et al. 2021 use it. State: `conv`, `blocks.0.bn1` …, `bn`.
 */
export class AtsNetwork extends Module {
  readonly inChannels: number;
  /** Features of one patch. */
  readonly outSize: number;
  readonly conv: Conv2d;
  readonly blocks: readonly Layer[];
  readonly bn: BatchNorm;
  readonly pool: GlobalAveragePool = new GlobalAveragePool();

  /** @throws {OptionError} */
  constructor(options: AtsNetworkOptions) {
    super();
    const op = 'AtsNetwork';
    checkOptions(op, options, ['rng', 'inChannels', 'filters', 'strides']);
    const { inChannels = 3, filters = [32, 32, 32, 32] } = options;
    requireCounts(op, 'filters', filters);
    const { strides = filters.map((_, i) => (i === 0 ? 1 : 2)) } = options;
    requireCounts(op, 'strides', strides);
    if (strides.length !== filters.length) {
      throw new OptionError(`${op}: ${filters.length} filters need as many strides, got ${strides.length}`);
    }
    const rng = requireRng(op, options.rng);
    this.inChannels = requireCount(op, 'inChannels', inChannels);
    this.outSize = filters.at(-1) as number;
    this.conv = flaxConvolution(inChannels, filters[0] as number, 3, { rng, stride: strides[0] });
    this.blocks = filters
      .slice(1)
      .map((outputs, i) => new AtsBlock(filters[i] as number, outputs, strides[i + 1] as number, rng));
    this.bn = flaxBatchNorm(this.outSize);
  }

  /** @throws {ShapeError} unless x is [batch, height, width, inChannels] */
  override forward(x: Tensor): Tensor {
    requireShape('AtsNetwork', 'images', x, ['batch', 'height', 'width', this.inChannels]);
    return scope(() => {
      const y = this.blocks.reduce((t, block) => block.forward(t), this.conv.forward(x));
      return this.pool.forward(relu(this.bn.forward(y)));
    });
  }
}

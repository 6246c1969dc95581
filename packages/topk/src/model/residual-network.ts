/** ResNets as feature networks of patches. */
import { GlobalAveragePool, type Layer, Module } from '@saccade/nn';
import {
  checkOptions,
  maxPool,
  OptionError,
  quote,
  type Rng,
  requireCount,
  requireCounts,
  requireRng,
  requireShape,
  scope,
  type Tensor,
} from '@saccade/tensor';
import { basicBlock, bottleneckBlock, NormedConvolution } from './residual-blocks.js';

/** Networks with a name. */
export type ResidualPreset = 'resnet18' | 'resnet18-fourth' | 'resnet50';

/** What a preset stands for. */
interface Shape {
  readonly blocks: readonly number[];
  readonly filters: number;
  readonly bottleneck: boolean;
}

const presets: Readonly<Record<ResidualPreset, Shape>> = {
  resnet18: { blocks: [2, 2, 2, 2], filters: 64, bottleneck: false },
  'resnet18-fourth': { blocks: [2, 2, 2, 2], filters: 16, bottleneck: false },
  resnet50: { blocks: [3, 4, 6, 3], filters: 64, bottleneck: true },
};

/** Options of the network. */
export interface ResidualNetworkOptions {
  /** Draws the start values. */
  readonly rng: Rng;
  /** Channels of the patches. Default 3. */
  readonly inChannels?: number | undefined;
  /** Gives `blocks`, `filters` and `bottleneck` their defaults. Default 'resnet18'. */
  readonly preset?: ResidualPreset | undefined;
  /** Blocks in each stage; every stage but the first begins with stride 2. */
  readonly blocks?: readonly number[] | undefined;
  /** Filters of the first stage; each further one has twice as many. */
  readonly filters?: number | undefined;
  /** Blocks of three convolutions instead of two, with four times as many channels behind them. */
  readonly bottleneck?: boolean | undefined;
  /** For small patches: the stem is a 3 x 3 convolution instead of a 7 x 7 one and a pooling, each of stride 2. Default false. */
  readonly small?: boolean | undefined;
}

const names = ['rng', 'inChannels', 'preset', 'blocks', 'filters', 'bottleneck', 'small'] as const;

/**
 * ResNet v1 and the mean over all positions: [batch, height, width, inChannels] -> [batch, outSize]. As in the code of
 * Cordonnier et al. 2021 there is no ReLU behind the stem, whose norm also averages over ten times as many batches, and
 * padding is TensorFlow's. He et al. 2016. State: `stem.conv`, `stem.bn`, `blocks.0.parts.0.conv` …, `blocks.0.projection`.
 */
export class ResidualNetwork extends Module {
  readonly inChannels: number;
  /** Features of one patch. */
  readonly outSize: number;
  readonly small: boolean;
  readonly stem: Layer;
  readonly blocks: readonly Layer[];
  readonly pool: GlobalAveragePool = new GlobalAveragePool();

  /** @throws {OptionError} */
  constructor(options: ResidualNetworkOptions) {
    super();
    const op = 'ResidualNetwork';
    const { inChannels = 3, preset = 'resnet18', small = false, ...own } = checkOptions(op, options, names);
    const named = Object.hasOwn(presets, preset) ? presets[preset] : undefined;
    if (named === undefined) {
      throw new OptionError(`${op}: preset must be one of ${Object.keys(presets).join(', ')}, got ${quote(preset)}`);
    }
    const { blocks = named.blocks, filters = named.filters, bottleneck = named.bottleneck } = own;
    const rng = requireRng(op, options.rng);
    requireCounts(op, 'blocks', blocks);
    requireCount(op, 'filters', filters);
    this.inChannels = requireCount(op, 'inChannels', inChannels);
    this.small = small;
    this.stem = new NormedConvolution(inChannels, filters, small ? 3 : 7, small ? 1 : 2, rng, 0.99);
    const [block, widen] = bottleneck ? [bottleneckBlock, 4] : [basicBlock, 1];
    let channels = filters;
    this.blocks = blocks.flatMap((count, stage) =>
      Array.from({ length: count }, (_, i) => {
        const inputs = channels;
        channels = filters * 2 ** stage * widen;
        return block(inputs, filters * 2 ** stage, stage > 0 && i === 0 ? 2 : 1, rng);
      }),
    );
    this.outSize = channels;
  }

  /** @throws {ShapeError} unless x is [batch, height, width, inChannels] */
  override forward(x: Tensor): Tensor {
    requireShape('ResidualNetwork', 'images', x, ['batch', 'height', 'width', this.inChannels]);
    return scope(() => {
      const normed = this.stem.forward(x);
      const y = this.small ? normed : maxPool(normed, { size: 3, stride: 2, padding: 'same' });
      return this.pool.forward(this.blocks.reduce((t, block) => block.forward(t), y));
    });
  }
}

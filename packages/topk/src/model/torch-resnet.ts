/** ResNet-18 as torchvision builds and names it, as features of patches and, cut short, as a scorer. */
import {
  BasicBlock,
  BatchNorm,
  Conv2d,
  GlobalAveragePool,
  kaimingNormal,
  type Layer,
  MaxPool2d,
  Module,
  ReLU,
  Sequential,
} from '@saccade/nn';
import {
  checkOptions,
  type Rng,
  relu,
  requireCount,
  requireRng,
  requireShape,
  ShapeError,
  scope,
  squeeze,
  type Tensor,
} from '@saccade/tensor';
import type { ScoreGrid } from './scorer.js';

/** Options of the network. */
export interface TorchResNetOptions {
  /** Draws the start values. */
  readonly rng: Rng;
  /** Channels of the patches. Default 3. */
  readonly inChannels?: number | undefined;
  /** Filters of the first stage; each further one has twice as many. Default 64. */
  readonly width?: number | undefined;
}

/** The 7 x 7 convolution with stride 2 that both begin with. */
function stem(inputs: number, width: number, rng: Rng): Conv2d {
  return new Conv2d(inputs, width, 7, { rng, stride: 2, padding: 3, bias: false, initializer: kaimingNormal() });
}

const stemPool = (): MaxPool2d => new MaxPool2d(3, { stride: 2, padding: 1 });

/** Two blocks; a stage other than the first begins with stride 2. */
function stage(inputs: number, outputs: number, rng: Rng): Sequential {
  const stride = inputs === outputs ? 1 : 2;
  return new Sequential(new BasicBlock(inputs, outputs, { rng, stride }), new BasicBlock(outputs, outputs, { rng }));
}

/**
 * ResNet-18 without its classifier: [batch, height, width, inChannels] -> [batch, 8 width]. Unlike `ResidualNetwork` it pads
 * as PyTorch does and has a ReLU behind the stem, so that weights from there fit. He et al. 2016. State: `conv1`, `bn1`,
 * `layer1.0.conv1` ….
 */
export class TorchResNet extends Module {
  readonly inChannels: number;
  /** Features of one patch. */
  readonly outSize: number;
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm;
  readonly maxpool: MaxPool2d = stemPool();
  readonly layer1: Sequential;
  readonly layer2: Sequential;
  readonly layer3: Sequential;
  readonly layer4: Sequential;
  readonly avgpool: GlobalAveragePool = new GlobalAveragePool();

  /** @throws {OptionError} */
  constructor(options: TorchResNetOptions) {
    super();
    const op = 'TorchResNet';
    const { inChannels = 3, width = 64 } = checkOptions(op, options, ['rng', 'inChannels', 'width']);
    const rng = requireRng(op, options.rng);
    this.inChannels = requireCount(op, 'inChannels', inChannels);
    requireCount(op, 'width', width);
    this.outSize = 8 * width;
    this.conv1 = stem(inChannels, width, rng);
    this.bn1 = new BatchNorm(width);
    this.layer1 = stage(width, width, rng);
    this.layer2 = stage(width, 2 * width, rng);
    this.layer3 = stage(2 * width, 4 * width, rng);
    this.layer4 = stage(4 * width, 8 * width, rng);
  }

  /** @throws {ShapeError} unless x is [batch, height, width, inChannels] */
  override forward(x: Tensor): Tensor {
    requireShape('TorchResNet', 'images', x, ['batch', 'height', 'width', this.inChannels]);
    return scope(() => {
      const begun = this.maxpool.forward(relu(this.bn1.forward(this.conv1.forward(x))));
      const stages: readonly Layer[] = [this.layer1, this.layer2, this.layer3, this.layer4];
      return this.avgpool.forward(stages.reduce((y, layer) => layer.forward(y), begun));
    });
  }
}

/** Options of the scorer. */
export interface TorchResNetScorerOptions extends TorchResNetOptions {
  /** How many times smaller its pictures are than those that people see, for the sizes that errors name. Default 1. */
  readonly downscale?: number | undefined;
}

/** Scores stand 16 pixels apart: four halvings. */
const CELL = 16;
/** The least extent that leaves a score; its centre is that of the first score. */
const LEAST = 25;

/**
 * The first two stages of ResNet-18, a 3 x 3 convolution to one score and a maximum over 2 x 2: small pictures
 * [batch, height, width, inChannels] -> scores [batch, rows, columns]. The scorer of `benbergner/dps`. State: `scorer.0` … .
 */
export class TorchResNetScorer extends Module {
  readonly inChannels: number;
  readonly downscale: number;
  /** Rows (and columns) from one score to the next. */
  readonly pool: number = CELL;
  /** Rows (and columns) that the first score is about: further ones, and the padding, count alike on both sides. */
  readonly receptiveField: number = LEAST;
  readonly scorer: Sequential;

  /** @throws {OptionError} */
  constructor(options: TorchResNetScorerOptions) {
    super();
    const op = 'TorchResNetScorer';
    const names = ['rng', 'inChannels', 'width', 'downscale'] as const;
    const { inChannels = 3, width = 64, downscale = 1 } = checkOptions(op, options, names);
    const rng = requireRng(op, options.rng);
    this.inChannels = requireCount(op, 'inChannels', inChannels);
    this.downscale = requireCount(op, 'downscale', downscale);
    requireCount(op, 'width', width);
    this.scorer = new Sequential(
      stem(inChannels, width, rng),
      new BatchNorm(width),
      new ReLU(),
      stemPool(),
      stage(width, width, rng),
      stage(width, 2 * width, rng),
      new Conv2d(2 * width, 1, 3, { rng }),
      new MaxPool2d(2),
    );
  }

  /** The grid of scores of a small picture. @throws {ShapeError} if it is too small, naming the least size at full resolution */
  gridOf(height: number, width: number): ScoreGrid {
    const eighth = (extent: number): number => Math.ceil(Math.ceil(Math.ceil(extent / 2) / 2) / 2);
    const cells = (extent: number): number => Math.floor((eighth(extent) - 2) / 2);
    const [rows, columns] = [cells(height), cells(width)];
    if (rows >= 1 && columns >= 1) return { rows, columns };
    const least = LEAST * this.downscale;
    throw new ShapeError(
      `TorchResNetScorer: images must be at least ${least} x ${least} pixels; one of ${height} x ${width} leaves no score`,
    );
  }

  /** @throws {ShapeError} unless x is [batch, height, width, inChannels] and large enough */
  override forward(x: Tensor): Tensor {
    const [, height, width] = requireShape('TorchResNetScorer', 'images', x, [
      'batch',
      'height',
      'width',
      this.inChannels,
    ]);
    this.gridOf(height, width);
    return scope(() => squeeze(this.scorer.forward(x), 3));
  }
}

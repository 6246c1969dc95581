/** The blocks of residual networks (He et al. 2016), with the names of torchvision. */
import { add, checkOptions, type Rng, relu, requireRng, scope, type Tensor } from '@saccade/tensor';
import { kaimingNormal } from '../initializers.js';
import { Module } from '../module.js';
import { BatchNorm } from './batch-norm.js';
import { Conv2d } from './convolution.js';
import { Sequential } from './sequential.js';

/** Options of both blocks. */
export interface ResidualBlockOptions {
  /** Draws the start values. */
  readonly rng: Rng;
  /** Of the block's 3 x 3 convolution, the first one of two. Default 1. */
  readonly stride?: number | undefined;
}

/** A convolution without bias whose image keeps its size at stride 1. */
function convolve(inputs: number, outputs: number, size: number, stride: number, rng: Rng): Conv2d {
  const padding = (size - 1) / 2;
  return new Conv2d(inputs, outputs, size, { stride, padding, bias: false, rng, initializer: kaimingNormal() });
}

/** The way around a block: nothing, or a 1 x 1 convolution where size or channels change. */
function shortcut(inputs: number, outputs: number, stride: number, rng: Rng): Sequential | undefined {
  if (inputs === outputs && stride === 1) return undefined;
  return new Sequential(convolve(inputs, outputs, 1, stride, rng), new BatchNorm(outputs));
}

/** relu(x + norm(3x3(relu(norm(3x3(x)))))): [batch, height, width, inputs] -> [batch, height / stride, width / stride, outputs]. */
export class BasicBlock extends Module {
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm;
  readonly conv2: Conv2d;
  readonly bn2: BatchNorm;
  readonly downsample: Sequential | undefined;

  /** @throws {OptionError} */
  constructor(inputs: number, outputs: number, options: ResidualBlockOptions) {
    super();
    const { stride = 1 } = checkOptions('BasicBlock', options, ['rng', 'stride']);
    const rng = requireRng('BasicBlock', options.rng);
    this.conv1 = convolve(inputs, outputs, 3, stride, rng);
    this.bn1 = new BatchNorm(outputs);
    this.conv2 = convolve(outputs, outputs, 3, 1, rng);
    this.bn2 = new BatchNorm(outputs);
    this.downsample = shortcut(inputs, outputs, stride, rng);
  }

  /** @throws {ShapeError} unless x is [batch, height, width, inputs] */
  override forward(x: Tensor): Tensor {
    return scope(() => {
      const inner = relu(this.bn1.forward(this.conv1.forward(x)));
      const y = this.bn2.forward(this.conv2.forward(inner));
      return relu(add(y, this.downsample?.forward(x) ?? x));
    });
  }
}

/** As `BasicBlock` with a 1x1, a 3x3 and a 1x1 convolution; `outputs` is usually four times `width`. */
export class Bottleneck extends Module {
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm;
  readonly conv2: Conv2d;
  readonly bn2: BatchNorm;
  readonly conv3: Conv2d;
  readonly bn3: BatchNorm;
  readonly downsample: Sequential | undefined;

  /** @param width channels of the 3 x 3 convolution @param options.outputs default 4 width @throws {OptionError} */
  constructor(
    inputs: number,
    width: number,
    options: ResidualBlockOptions & { readonly outputs?: number | undefined },
  ) {
    super();
    const { stride = 1, outputs = 4 * width } = checkOptions('Bottleneck', options, ['rng', 'stride', 'outputs']);
    const rng = requireRng('Bottleneck', options.rng);
    this.conv1 = convolve(inputs, width, 1, 1, rng);
    this.bn1 = new BatchNorm(width);
    this.conv2 = convolve(width, width, 3, stride, rng);
    this.bn2 = new BatchNorm(width);
    this.conv3 = convolve(width, outputs, 1, 1, rng);
    this.bn3 = new BatchNorm(outputs);
    this.downsample = shortcut(inputs, outputs, stride, rng);
  }

  /** @throws {ShapeError} unless x is [batch, height, width, inputs] */
  override forward(x: Tensor): Tensor {
    return scope(() => {
      const narrow = relu(this.bn1.forward(this.conv1.forward(x)));
      const inner = relu(this.bn2.forward(this.conv2.forward(narrow)));
      const y = this.bn3.forward(this.conv3.forward(inner));
      return relu(add(y, this.downsample?.forward(x) ?? x));
    });
  }
}

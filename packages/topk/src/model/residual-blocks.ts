/** The blocks of `ResidualNetwork`: those of ResNet v1 with TensorFlow's padding. */
import { type BatchNorm, type Conv2d, Module } from '@saccade/nn';
import { add, type Rng, relu, scope, type Tensor } from '@saccade/tensor';
import { flaxBatchNorm, flaxConvolution, setZero } from './flax-layers.js';

/** A convolution and its batch norm. */
export class NormedConvolution extends Module {
  readonly conv: Conv2d;
  readonly bn: BatchNorm;

  /** @param keep share of the old in the running averages */
  constructor(inputs: number, outputs: number, size: number, stride: number, rng: Rng, keep?: number) {
    super();
    this.conv = flaxConvolution(inputs, outputs, size, { rng, stride });
    this.bn = flaxBatchNorm(outputs, keep);
  }

  override forward(x: Tensor): Tensor {
    return scope(() => this.bn.forward(this.conv.forward(x)));
  }
}

/** relu(x + parts(x)) with ReLUs between the parts; x passes a 1 x 1 convolution where its size or channels change. */
export class ResidualBlock extends Module {
  readonly parts: readonly NormedConvolution[];
  readonly projection: NormedConvolution | undefined;

  constructor(inputs: number, outputs: number, stride: number, parts: readonly NormedConvolution[], rng: Rng) {
    super();
    this.parts = parts;
    const changes = inputs !== outputs || stride !== 1;
    this.projection = changes ? new NormedConvolution(inputs, outputs, 1, stride, rng) : undefined;
  }

  override forward(x: Tensor): Tensor {
    return scope(() => {
      const y = this.parts.reduce((t, part, i) => part.forward(i === 0 ? t : relu(t)), x);
      return relu(add(y, this.projection?.forward(x) ?? x));
    });
  }
}

/** Two 3 x 3 convolutions, the first with the stride. */
export function basicBlock(inputs: number, filters: number, stride: number, rng: Rng): ResidualBlock {
  const parts = [
    new NormedConvolution(inputs, filters, 3, stride, rng),
    new NormedConvolution(filters, filters, 3, 1, rng),
  ];
  return new ResidualBlock(inputs, filters, stride, parts, rng);
}

/** A 1 x 1, a 3 x 3 with the stride, and a 1 x 1 convolution to four times the filters, whose norm starts with scale 0. */
export function bottleneckBlock(inputs: number, filters: number, stride: number, rng: Rng): ResidualBlock {
  const parts = [
    new NormedConvolution(inputs, filters, 1, 1, rng),
    new NormedConvolution(filters, filters, 3, stride, rng),
    new NormedConvolution(filters, 4 * filters, 1, 1, rng),
  ];
  setZero(parts[2]?.bn.weight);
  return new ResidualBlock(inputs, 4 * filters, stride, parts, rng);
}

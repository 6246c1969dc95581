/** Layers that start and normalise as those of the paper's code do, which is written in Flax. */
import { BatchNorm, Conv2d, Linear, lecunNormal } from '@saccade/nn';
import { assign, type Padding, type Rng, scope, type Tensor, zerosLike } from '@saccade/tensor';

/** Options of a convolution. */
interface FlaxConvolutionOptions {
  readonly rng: Rng;
  /** Default 1. */
  readonly stride?: number | undefined;
  /** Default 'same', with the smaller half of the padding first. */
  readonly padding?: Padding | undefined;
  /** Default false: most stand before a batch norm. */
  readonly bias?: boolean | undefined;
}

/** A convolution with LeCun normal weights and, if any, biases of 0. */
export function flaxConvolution(
  inputs: number,
  outputs: number,
  size: number,
  { rng, stride = 1, padding = 'same', bias = false }: FlaxConvolutionOptions,
): Conv2d {
  const layer = new Conv2d(inputs, outputs, size, { rng, stride, padding, bias, initializer: lecunNormal() });
  setZero(layer.bias);
  return layer;
}

/** An affine map with LeCun normal weights and, if any (default), biases of 0. */
export function flaxDense(
  inputs: number,
  outputs: number,
  { rng, bias = true }: { readonly rng: Rng; readonly bias?: boolean },
): Linear {
  const layer = new Linear(inputs, outputs, { rng, bias, initializer: lecunNormal() });
  setZero(layer.bias);
  return layer;
}

/** A batch norm with epsilon 1e-5 whose running variance is the biased one. @param keep share of the old in the running averages */
export function flaxBatchNorm(channels: number, keep = 0.9): BatchNorm {
  return new BatchNorm(channels, { epsilon: 1e-5, momentum: 1 - keep, biased: true });
}

/** Gives a parameter the value 0. */
export function setZero(parameter: Tensor | undefined): void {
  if (parameter !== undefined) scope(() => assign(parameter, zerosLike(parameter)));
}

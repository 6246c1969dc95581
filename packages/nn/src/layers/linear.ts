/** The affine map. */
import {
  add,
  checkOptions,
  matmul,
  type Rng,
  requireCount,
  requireRng,
  ShapeError,
  scope,
  show,
  type Tensor,
} from '@saccade/tensor';
import { requireTensors } from '../check.js';
import { type Initializer, initialWeight, kaimingUniform, symmetric } from '../initializers.js';
import { Module } from '../module.js';

/** Options of layers with a weight and a bias. */
export interface LinearOptions {
  /** Draws the start values. */
  readonly rng: Rng;
  /** Adds a bias. Default true. */
  readonly bias?: boolean | undefined;
  /** Makes the weight. Default: PyTorch's, uniform in ±1 / sqrt(inputs), which the bias always is. */
  readonly initializer?: Initializer | undefined;
}

/** PyTorch's start: uniform in ±1 / sqrt(fan in). */
export const torchUniform: Initializer = kaimingUniform(Math.sqrt(1 / 3));

/** y = x weight^T + bias: [..., inputs] -> [..., outputs]. State: `weight` [outputs, inputs], `bias` [outputs]. */
export class Linear extends Module {
  readonly weight: Tensor;
  readonly bias: Tensor | undefined;

  /** @throws {OptionError} unless both sizes are whole numbers from 1 and a generator is given */
  constructor(inputs: number, outputs: number, options: LinearOptions) {
    super();
    requireCount('Linear', 'inputs', inputs);
    requireCount('Linear', 'outputs', outputs);
    const { bias = true, initializer = torchUniform } = checkOptions('Linear', options, ['rng', 'bias', 'initializer']);
    const rng = requireRng('Linear', options.rng);
    this.weight = this.parameter(
      'weight',
      initialWeight('Linear', initializer, [outputs, inputs], { in: inputs, out: outputs }, rng),
    );
    this.bias = bias ? this.parameter('bias', symmetric([outputs], 1 / Math.sqrt(inputs), rng)) : undefined;
  }

  /** @throws {ShapeError} unless x is [..., inputs] */
  override forward(x: Tensor): Tensor {
    requireTensors('Linear', { x });
    const inputs = this.weight.shape[1];
    if (x.shape.at(-1) !== inputs) {
      throw new ShapeError(`Linear: expected [..., ${inputs}], got ${show(x.shape)}`);
    }
    return affine(x, this.weight, this.bias);
  }
}

/** x weight^T + bias. */
export function affine(x: Tensor, weight: Tensor, bias: Tensor | undefined): Tensor {
  if (bias === undefined) return matmul(x, weight, { transposeB: true });
  return scope(() => add(matmul(x, weight, { transposeB: true }), bias));
}

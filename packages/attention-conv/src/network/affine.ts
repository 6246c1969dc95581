/** The affine map at the end of a network, in the network's element type. */
import { Module } from '@saccade/nn';
import { add, matmul, requireCount, ShapeError, scope, show, type Tensor, zeros } from '@saccade/tensor';
import type { Place } from './weights.js';

/** Sizes of the map. */
export interface AffineConfig {
  readonly inputs: number;
  readonly outputs: number;
  readonly bias: boolean;
}

/** y = x weight^T + bias: [batch, inputs] -> [batch, outputs]. State: `weight` [outputs, inputs], `bias` [outputs]. It starts with zeros. */
export class Affine extends Module {
  readonly weight: Tensor;
  readonly bias: Tensor | undefined;

  /** @throws {OptionError} for sizes that are no whole numbers from 1 */
  constructor(op: string, { inputs, outputs, bias }: AffineConfig, { dtype, device }: Partial<Place>) {
    super();
    requireCount(op, 'inputs', inputs);
    requireCount(op, 'outputs', outputs);
    this.weight = this.parameter('weight', zeros([outputs, inputs], { dtype, device }));
    this.bias = bias ? this.parameter('bias', zeros([outputs], { dtype, device })) : undefined;
  }

  /** How the map is built. */
  get config(): AffineConfig {
    const [outputs, inputs] = this.weight.shape as [number, number];
    return { inputs, outputs, bias: this.bias !== undefined };
  }

  /** @throws {ShapeError} unless x is [batch, inputs] */
  override forward(x: Tensor): Tensor {
    const { inputs } = this.config;
    if (x.rank !== 2 || x.shape[1] !== inputs) {
      throw new ShapeError(`linear: expected [batch, ${inputs}], got ${show(x.shape)}`);
    }
    return scope(() => {
      const y = matmul(x, this.weight, { transposeB: true });
      return this.bias === undefined ? y : add(y, this.bias);
    });
  }
}

/** Layers of convolution with proofs of their own, to build networks of that are equivariant, or not. */
import { Module } from '@saccade/nn';
import {
  assign,
  conv2d,
  crop,
  max,
  maxPool,
  mean,
  type Rng,
  scope,
  stack,
  type Tensor,
  tensor,
  zeros,
} from '@saccade/tensor';
import type { Form, Proof, Provable } from '../../src/certify/proof.js';
import { actOnImages } from '../../src/groups/act.js';
import type { Group } from '../../src/groups/group.js';
import type { PlaneMatrix } from '../../src/groups/plane-matrix.js';

/** A layer that is exact for the elements whose matrices a test accepts. */
export abstract class Stub extends Module implements Provable {
  protected abstract accepts(matrix: PlaneMatrix, form: Form): boolean;
  protected abstract why(form: Form): string;

  protected output(form: Form): Form {
    return form;
  }

  prove(form: Form, group: Group, layer: string): Proof {
    const exact = group.latticeElements.filter((h) => this.accepts(group.matrices[h]!, form));
    const reason = exact.length === group.order ? '' : this.why(form);
    return { steps: [{ layer, exact, reason }], output: this.output(form) };
  }
}

/** A 3x3 convolution, padded by zeros. Symmetric: each tap is that of its distance from the middle. */
export class Convolution extends Stub {
  readonly filter: Tensor;
  readonly isSymmetric: boolean;

  constructor(inputs: number, outputs: number, isSymmetric: boolean, rng: Rng) {
    super();
    this.isSymmetric = isSymmetric;
    this.filter = this.parameter(
      'filter',
      scope(() => {
        const taps = Array.from({ length: 9 }, () => rng.normal([inputs, outputs], { deviation: 0.4 }));
        const same = [2, 1, 2, 1, 0, 1, 2, 1, 2];
        return stack(isSymmetric ? same.map((i) => taps[i]!) : taps).reshape([3, 3, inputs, outputs]);
      }),
    );
  }

  override forward(x: Tensor): Tensor {
    return scope(() => conv2d(x, this.filter, { padding: 1 }).tanh());
  }

  protected override accepts([[a, b], [c, d]]: PlaneMatrix): boolean {
    return this.isSymmetric || (a === 1 && d === 1 && b === 0 && c === 0);
  }

  protected override why(): string {
    return this.isSymmetric ? 'pixels' : 'its filter is not symmetric';
  }
}

/** Which sides are cut so that both ends are alike. */
interface Grid {
  readonly rows: boolean;
  readonly columns: boolean;
}

/** Whether an element maps a grid to that of the turned image. */
function keepsGrid([[a, b], [c, d]]: PlaneMatrix, { rows, columns }: Grid): boolean {
  const forward = (sign: number, symmetric: boolean): boolean => sign > 0 || symmetric;
  return a !== 0 ? forward(a, rows) && forward(d, columns) : forward(b, columns) && forward(c, rows);
}

/** Maxima of 2x2 windows, 2 apart. */
export class Pool extends Stub {
  override forward(x: Tensor): Tensor {
    return maxPool(x, { size: 2 });
  }

  protected override accepts(matrix: PlaneMatrix, { height, width }: Form): boolean {
    return keepsGrid(matrix, { rows: height! % 2 === 0, columns: width! % 2 === 0 });
  }

  protected override why({ height, width }: Form): string {
    return `2x2 pool with odd side ${height! % 2 === 0 ? width : height}`;
  }

  protected override output({ group, height, width }: Form): Form {
    return { group, height: Math.floor(height! / 2), width: Math.floor(width! / 2) };
  }
}

/** Takes pixels away: [top, bottom, left, right]. */
export class Crop extends Stub {
  readonly sides: readonly [number, number, number, number];

  constructor(...sides: readonly [number, number, number, number]) {
    super();
    this.sides = sides;
  }

  override forward(x: Tensor): Tensor {
    const [batch, height, width, channels] = x.shape as readonly [number, number, number, number];
    const [top, bottom, left, right] = this.sides;
    return crop(x, [0, top, left, 0], [batch, height - top - bottom, width - left - right, channels]);
  }

  protected override accepts(matrix: PlaneMatrix): boolean {
    const [top, bottom, left, right] = this.sides;
    const alike = matrix[0][0] !== 0 || (top === left && bottom === right) || top + bottom === left + right;
    return alike && keepsGrid(matrix, { rows: top === bottom, columns: left === right });
  }

  protected override why(): string {
    return `crop of ${this.sides.join(', ')}`;
  }

  protected override output({ group, height, width }: Form): Form {
    const [top, bottom, left, right] = this.sides;
    return { group, height: height! - top - bottom, width: width! - left - right };
  }
}

/** One convolution for each element, with the filter turned: features over the group. */
export class LiftingConvolution extends Stub {
  readonly group: Group;
  readonly filter: Tensor;

  constructor(group: Group, inputs: number, outputs: number, rng: Rng) {
    super();
    this.group = group;
    this.filter = this.parameter('filter', rng.normal([3, 3, inputs, outputs], { deviation: 0.5 }));
  }

  override forward(x: Tensor): Tensor {
    return scope(() => {
      // The filter as a batch of images of one channel.
      const [, , inputs, outputs] = this.filter.shape as readonly [number, number, number, number];
      const images = this.filter.reshape([1, 3, 3, inputs * outputs]);
      const turned = this.group.matrices.map((_, h) =>
        conv2d(x, actOnImages(images, this.group, h).reshape([3, 3, inputs, outputs]), { padding: 1 }),
      );
      return stack(turned, 1).tanh();
    });
  }

  protected override accepts(): boolean {
    return true;
  }

  protected override why(): string {
    return 'filters of 3 x 3 pixels, turned';
  }

  protected override output({ height, width }: Form): Form {
    return { group: this.group, height, width };
  }
}

/** Means over pixels, and the largest over elements. */
export class Head extends Stub {
  override forward(x: Tensor): Tensor {
    return scope(() => (x.rank === 5 ? max(mean(x, { axis: [2, 3] }), { axis: 1 }) : mean(x, { axis: [1, 2] })));
  }

  protected override accepts(): boolean {
    return true;
  }

  protected override why(): string {
    return 'pixels';
  }

  protected override output(): Form {
    return { group: undefined, height: undefined, width: undefined };
  }
}

/** Says that it is exact, and adds to the first row. */
export class Liar extends Stub {
  override forward(x: Tensor): Tensor {
    return scope(() => {
      const [, height] = x.shape as readonly [number, number];
      const ramp = tensor(Float32Array.from({ length: height }, (_, i) => (i === 0 ? 1 : 0)));
      return x.add(ramp.reshape([height, 1, 1]));
    });
  }

  protected override accepts(): boolean {
    return true;
  }

  protected override why(): string {
    return 'pixels';
  }
}

/** Pixels become NaN where they are negative. */
export class Logarithm extends Stub {
  override forward(x: Tensor): Tensor {
    return x.log();
  }

  protected override accepts(): boolean {
    return true;
  }

  protected override why(): string {
    return 'pixels';
  }
}

/** Noise in training. */
export class Noise extends Stub {
  readonly rng: Rng;

  constructor(rng: Rng) {
    super();
    this.rng = this.generator('rng', rng.fork());
  }

  override forward(x: Tensor): Tensor {
    return this.training ? scope(() => x.add(this.rng.normal(x.shape))) : x.reshape(x.shape);
  }

  protected override accepts([[a], [, d]]: PlaneMatrix): boolean {
    return !this.training || (a === 1 && d === 1);
  }

  protected override why(): string {
    return 'noise in training';
  }
}

/** Zeros where a filter was: a convolution that hides what is wrong with it. */
export function emptied(layer: Convolution): Convolution {
  scope(() => assign(layer.filter, zeros(layer.filter.shape)));
  return layer;
}

/** Lifting self-attention: from images to features over a group (the paper's first layer). */
import { expandDims, OptionError, quote, requireShape, scope, type Tensor } from '@saccade/tensor';
import { type EncodedPlan, liftingPlan, liftingPlanAt, type PlanSpec } from '../encoding/encoded-plan.js';
import type { Pose } from '../encoding/pose.js';
import { type SelfAttentionOptions, settingsOf } from './attention-options.js';
import type { Pixel, PixelAttention } from './pixel-attention.js';
import { SelfAttention } from './self-attention.js';

/** Options of the layer. */
export type LiftingSelfAttentionOptions = SelfAttentionOptions;

/**
 * For each element v of the group, softmax over the pixels i + o around i of (q_i . k_{i+o} + q_i . encoding(matrix(v)^-1 o)) / sqrt(inputs), times values, in each
 * head, and a map of all heads: images [batch, height, width, inputs] -> features [batch, group, height, width, outputs]. State: `query`, `key`, `value`, `output`,
 * `row_encoding` and `column_encoding`; channels of heads stand head by head.
 */
export class LiftingSelfAttention extends SelfAttention {
  readonly lifts = true;

  /** @throws {OptionError} for an option that it does not know or that cannot be, such as an odd number of channels in a head */
  constructor(inputs: number, outputs: number, options: LiftingSelfAttentionOptions) {
    const op = 'LiftingSelfAttention';
    const settings = settingsOf(op, inputs, outputs, options, { more: [], mid: 2 * Math.ceil(outputs / 4) });
    const { mid } = settings;
    if (!Number.isSafeInteger(mid) || mid < 2 || mid % 2 !== 0) {
      throw new OptionError(
        `${op}: mid must be an even number from 2, half for rows and half for columns, got ${quote(mid)}`,
      );
    }
    super(settings, mid / 2);
  }

  protected override makePlan(spec: PlanSpec): EncodedPlan {
    return liftingPlan(this.op, spec);
  }

  /** @throws {ShapeError} unless images are [batch, height, width, inputs], of sides that the layer was built for @throws {OptionError} for NaN and infinite values if `strict` */
  override forward(images: Tensor): Tensor {
    const [, height, width] = this.#requireImages(images);
    return scope(() => this.attend(expandDims(images, 1), this.planFor(height, width)));
  }

  /**
   * The layer at any angles in the place of the group's: [batch, height, width, inputs] -> [batch, poses, height, width, outputs].
   * @param poses angles in radians, counter-clockwise as images are shown, or `{ angle, mirrored }` @throws {OptionError} for no poses, and for released encodings @throws {ShapeError} as `forward`
   */
  liftAt(images: Tensor, poses: readonly Pose[]): Tensor {
    const [, height, width] = this.#requireImages(images);
    const matrices = this.posesOf(`${this.op}.liftAt`, poses);
    const { neighbourhood } = this.specFor(height, width);
    return scope(() => this.attend(expandDims(images, 1), liftingPlanAt(matrices, neighbourhood)));
  }

  /** Where one pixel looks: weights [batch, heads, group, 1, 1, offsets]. @throws {OptionError} for a pixel outside of the images */
  attentionAt(images: Tensor, pixel: Pixel): PixelAttention {
    this.#requireImages(images);
    return scope(() => this.lookFrom(expandDims(images, 1), pixel));
  }

  #requireImages(images: Tensor): readonly [number, number, number, number] {
    return requireShape(this.op, 'images', images, ['batch', 'height', 'width', this.inputs]);
  }
}

/** Group self-attention: from features over a group to features over it (the paper's main layer, with an encoding that is equivariant). */
import { Embedding } from '@saccade/nn';
import { OptionError, quote, requireOneOf, requireShape, scope, type Tensor } from '@saccade/tensor';
import { type EncodedPlan, type GroupSpec, groupPlan, groupPlanAt, type PlanSpec } from '../encoding/encoded-plan.js';
import { EncodingNetwork } from '../encoding/encoding-network.js';
import { type GroupIndex, groupEntries } from '../encoding/group-index.js';
import { type Pose, poseFeatures } from '../encoding/pose.js';
import { type SelfAttentionOptions, settingsOf } from './attention-options.js';
import type { Pixel, PixelAttention } from './pixel-attention.js';
import { SelfAttention } from './self-attention.js';

/** Options of the layer. */
export interface GroupSelfAttentionOptions extends SelfAttentionOptions {
  /** What the encoding of a key's pose depends on. Default 'keyPose'. Only for the exact encoding: the releases have indices of their own. */
  readonly groupIndex?: GroupIndex | undefined;
  /** A vector learned for each pose, or a network of its angle and mirror, which knows poses between those of the group. Default 'table'. */
  readonly groupEncoding?: 'table' | 'fourier' | undefined;
}

const names = ['groupIndex', 'groupEncoding'] as const;

/**
 * For each output element v, query element g and pixel i, softmax over all key elements m and pixels i + o of (q_{g,i} . k_{m,i+o} + q_{g,i} . encoding(matrix(v)^-1 o) +
 * q_{g,i} . encoding(v^-1 m)) / sqrt(inputs), times values, summed over g, in each head, and a map of all heads: [batch, group, height, width, inputs] -> [batch, group,
 * height, width, outputs]. State: as of lifting, and `group_encoding`.
 */
export class GroupSelfAttention extends SelfAttention {
  readonly lifts = false;
  readonly groupIndex: GroupIndex;
  readonly groupEncoding: Embedding | EncodingNetwork;

  /** @throws {OptionError} for an option that it does not know or that cannot be, such as fewer than 3 channels in a head */
  constructor(inputs: number, outputs: number, options: GroupSelfAttentionOptions) {
    const op = 'GroupSelfAttention';
    const settings = settingsOf(op, inputs, outputs, options, {
      more: names,
      mid: Math.max(3, Math.floor(outputs / 2)),
    });
    const { mid, encoding, group, rng, initScale } = settings;
    const { groupIndex = 'keyPose', groupEncoding = 'table' } = options;
    requireOneOf(op, 'groupIndex', groupIndex, ['keyPose', 'relative', 'pair']);
    requireOneOf(op, 'groupEncoding', groupEncoding, ['table', 'fourier']);
    if (encoding !== 'exact' && (options.groupIndex !== undefined || groupEncoding !== 'table')) {
      throw new OptionError(`${op}: encoding ${encoding} has a group index and a table of its own`);
    }
    if (!Number.isSafeInteger(mid) || mid < 3) {
      throw new OptionError(
        `${op}: mid must be a whole number from 3, for rows, columns and elements, got ${quote(mid)}`,
      );
    }
    const dims = Math.floor(mid / 3);
    super(settings, dims);
    this.groupIndex = groupIndex;
    const features = groupIndex === 'pair' ? 2 * poseFeatures : poseFeatures;
    this.groupEncoding =
      groupEncoding === 'fourier'
        ? new EncodingNetwork(features, mid - 2 * dims, { epsilon: settings.encodingEps, initScale, rng })
        : new Embedding(groupEntries(groupIndex, group), mid - 2 * dims, { rng });
  }

  get #groupSpec(): GroupSpec {
    return { index: this.groupIndex, fourier: this.groupEncoding instanceof EncodingNetwork };
  }

  protected override makePlan(spec: PlanSpec): EncodedPlan {
    return groupPlan(this.op, spec, this.#groupSpec);
  }

  protected override groupTable({ poses }: EncodedPlan): Tensor {
    const { groupEncoding } = this;
    if (groupEncoding instanceof Embedding) return groupEncoding.weight;
    return groupEncoding.forward(this.asRows(poses as Float32Array, groupEncoding));
  }

  /** @throws {ShapeError} unless features are [batch, group, height, width, inputs], of sides that the layer was built for @throws {OptionError} for NaN and infinite values if `strict` */
  override forward(features: Tensor): Tensor {
    const [, , height, width] = this.#requireFeatures(features);
    return scope(() => this.attend(features, this.planFor(height, width)));
  }

  /**
   * The layer with outputs at any angles in the place of the group's, which needs `groupEncoding: 'fourier'` or `groupIndex: 'relative'`: [batch, group, height, width,
   * inputs] -> [batch, poses, height, width, outputs].
   * @throws {OptionError} for no poses, and for a layer whose table has no row for them, or whose encoding is a release's @throws {ShapeError} as `forward`
   */
  forwardAt(features: Tensor, poses: readonly Pose[]): Tensor {
    const op = `${this.op}.forwardAt`;
    const [, , height, width] = this.#requireFeatures(features);
    const matrices = this.posesOf(op, poses);
    return scope(() => this.attend(features, groupPlanAt(op, this.specFor(height, width), matrices, this.#groupSpec)));
  }

  /** Where one pixel looks: weights [batch, heads, group, group, group, offsets] for output, query and key elements. @throws {OptionError} for a pixel outside of the images */
  attentionAt(features: Tensor, pixel: Pixel): PixelAttention {
    this.#requireFeatures(features);
    return this.lookFrom(features, pixel);
  }

  #requireFeatures(features: Tensor): readonly [number, number, number, number, number] {
    const { group, inputs } = this;
    return requireShape(this.op, `features over ${group.name}`, features, [
      'batch',
      group.order,
      'height',
      'width',
      inputs,
    ]);
  }
}

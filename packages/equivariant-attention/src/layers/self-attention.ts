/** What lifting and group self-attention share: maps to queries, keys and values, encodings of positions, and the map of what comes out. */
import { type Linear, Module } from '@saccade/nn';
import { all, isfinite, OptionError, type Rng, scope, type Tensor, tensor } from '@saccade/tensor';
import type { AttentionDropout, OrbitRows } from '../attention/dropout.js';
import { type AttentionTables, groupAttention } from '../attention/group-attention.js';
import type { Form, Proof, Provable } from '../certify/proof.js';
import type { EncodedPlan, Encoding, PlanSpec } from '../encoding/encoded-plan.js';
import { EncodingNetwork } from '../encoding/encoding-network.js';
import { type Pose, poseMatrices } from '../encoding/pose.js';
import type { Sight } from '../encoding/sight.js';
import type { Group } from '../groups/group.js';
import type { PlaneMatrix } from '../groups/plane-matrix.js';
import type { SelfAttentionSettings } from './attention-options.js';
import { kept } from './kept.js';
import { orbitRows } from './orbit-rows.js';
import { type Pixel, type PixelAttention, pixelAttention } from './pixel-attention.js';
import { pointwise } from './pointwise.js';
import { proveAttention } from './prove-attention.js';

/** Queries, keys and values of features [batch, elements, height, width, inputs], which attend as a plan says. */
export abstract class SelfAttention extends Module implements Provable {
  /** How errors name the layer. */
  readonly op: string;
  readonly inputs: number;
  readonly outputs: number;
  readonly group: Group;
  readonly heads: number;
  /** Channels of each head. */
  readonly mid: number;
  readonly encoding: Encoding;
  readonly encodingEps: number;
  /** Probability with which a weight is dropped in training. */
  readonly dropout: number;
  readonly orbitSharedDropout: boolean;
  readonly strict: boolean;
  readonly query: Linear;
  readonly key: Linear;
  readonly value: Linear;
  readonly output: Linear;
  readonly rowEncoding: EncodingNetwork;
  readonly columnEncoding: EncodingNetwork;
  readonly sight: Sight;
  readonly #rng: Rng;
  readonly #plans = new Map<string, EncodedPlan>();
  readonly #orbits = new Map<string, OrbitRows>();

  /** @param dims channels of the encoding of a row, and of that of a column */
  constructor(settings: SelfAttentionSettings, dims: number) {
    super();
    const { inputs, outputs, heads, mid, encodingEps, initScale, rng } = settings;
    this.op = settings.op;
    this.inputs = inputs;
    this.outputs = outputs;
    this.group = settings.group;
    this.heads = heads;
    this.mid = mid;
    this.encoding = settings.encoding;
    this.encodingEps = encodingEps;
    this.dropout = settings.dropout;
    this.orbitSharedDropout = settings.orbitSharedDropout;
    this.strict = settings.strict;
    this.sight = settings.sight;
    this.rowEncoding = new EncodingNetwork(1, dims, { epsilon: encodingEps, initScale, rng });
    this.columnEncoding = new EncodingNetwork(1, dims, { epsilon: encodingEps, initScale, rng });
    this.query = pointwise(inputs, heads * mid, { rng, initScale });
    this.key = pointwise(inputs, heads * mid, { rng, initScale });
    this.value = pointwise(inputs, heads * mid, { rng, initScale });
    this.output = pointwise(heads * mid, outputs, { rng, initScale });
    this.#rng = this.generator('dropout', rng.fork());
  }

  /** Whether it takes images rather than features over the group. */
  abstract readonly lifts: boolean;

  /** The plan for a neighbourhood; kept for the sides of the images. */
  protected abstract makePlan(spec: PlanSpec): EncodedPlan;

  /** [entries, dGroup]: the encodings of poses, where there are any. */
  protected groupTable(_encoded: EncodedPlan): Tensor | undefined {
    return undefined;
  }

  /** The plan for images of these sides. @throws {ShapeError} for sides that the layer was not built for */
  planFor(height: number, width: number): EncodedPlan {
    const name = this.sight.options.patch === undefined ? `${height} ${width}` : '';
    return kept(this.#plans, name, () => this.makePlan(this.specFor(height, width)));
  }

  protected specFor(height: number, width: number): PlanSpec {
    const { group, encoding } = this;
    return { group, encoding, neighbourhood: this.sight.neighbourhood(height, width) };
  }

  /** What poses do with (row, column). @throws {OptionError} for no poses, and for a release's encoding, which has those of the group alone */
  protected posesOf(op: string, poses: readonly Pose[]): PlaneMatrix[] {
    if (this.encoding === 'exact') return poseMatrices(op, poses);
    throw new OptionError(`${op}: encoding ${this.encoding} knows the poses of ${this.group.name} alone`);
  }

  /** [batch, elements, height, width, inputs] -> [batch, outputs of the plan, height, width, outputs]. */
  protected attend(features: Tensor, encoded: EncodedPlan): Tensor {
    const { heads, inputs } = this;
    if (this.strict) requireFinite(this.op, features);
    return scope(() => {
      const dropout = this.#dropoutFor(encoded, features.shape as readonly number[]);
      const settings = { heads, scale: 1 / Math.sqrt(inputs), dropout };
      const [q, k, v] = [this.query, this.key, this.value].map((map) => map.forward(features)) as [
        Tensor,
        Tensor,
        Tensor,
      ];
      return this.output.forward(groupAttention(q, k, v, this.tablesOf(encoded), encoded.plan, settings));
    });
  }

  #dropoutFor(encoded: EncodedPlan, shape: readonly number[]): AttentionDropout | undefined {
    if (!this.training || this.dropout === 0) return undefined;
    const dropout = { rate: this.dropout, rng: this.#rng };
    const [, , height, width] = shape as [number, number, number, number];
    // At angles of one's own, nothing is on an orbit with anything.
    if (!this.orbitSharedDropout || encoded !== this.planFor(height, width)) return dropout;
    const rows = (): OrbitRows => orbitRows(encoded.plan, this.group, { height, width });
    return { ...dropout, orbit: kept(this.#orbits, `${height} ${width}`, rows) };
  }

  /** The encodings of a plan's coordinates and poses. */
  protected tablesOf(encoded: EncodedPlan): AttentionTables {
    const of = (network: EncodingNetwork, values: Float32Array): Tensor =>
      network.forward(this.asRows(values, network));
    const group = this.groupTable(encoded);
    const [row, column] = [of(this.rowEncoding, encoded.rows), of(this.columnEncoding, encoded.columns)];
    return group === undefined ? { row, column } : { row, column, group };
  }

  /** What a network encodes, row by row, where it is. */
  protected asRows(values: Float32Array, { hidden: { weight } }: EncodingNetwork): Tensor {
    const features = weight.shape[1] as number;
    return tensor(values, { shape: [values.length / features, features], dtype: weight.dtype, device: weight.device });
  }

  /** Where one pixel looks, of each image of features [batch, elements, height, width, inputs]. */
  protected lookFrom(features: Tensor, pixel: Pixel): PixelAttention {
    const [, , height, width] = features.shape as readonly [number, number, number, number];
    return scope(() => {
      const encoded = this.planFor(height, width);
      const [query, key] = [this.query.forward(features), this.key.forward(features)];
      const { plan } = encoded;
      const settings = { heads: this.heads, scale: 1 / Math.sqrt(this.inputs) };
      return pixelAttention(this.op, { query, key, tables: this.tablesOf(encoded), plan, ...settings }, pixel);
    });
  }

  prove(form: Form, group: Group, layer: string): Proof {
    return proveAttention(this, form, group, layer);
  }
}

/** @throws {OptionError} for NaN and infinite values */
function requireFinite(op: string, x: Tensor): void {
  const isFine = scope(() => all(isfinite(x)).dataSync<'bool'>()[0] === 1);
  if (!isFine) throw new OptionError(`${op}: strict: the input has values that are NaN or infinite`);
}

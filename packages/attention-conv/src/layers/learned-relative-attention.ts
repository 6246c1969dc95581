/** Relative positions learned as embeddings, one table an axis: by position alone, with content, or as what a query asks of positions. */
import { splitHeads } from '@saccade/nn';
import {
  add,
  broadcastTo,
  checkOptions,
  crop,
  expandDims,
  gather,
  matmul,
  mul,
  OptionError,
  quote,
  requireCount,
  requireDivides,
  requireOneOf,
  reshape,
  scope,
  type Tensor,
  transpose,
  zerosLike,
} from '@saccade/tensor';
import type { HeadFacts } from '../read/head-report.js';
import { attend, attendWeights, type Content, type PositionScores, rows } from './attend.js';
import { type Axis, jointPlaces, keysOf, offsetPlaces, offsetsOf, queriesOf, total } from './grid.js';
import { jointTable, type Scores } from './mix.js';
import {
  type ForwardOptions,
  PositionAttention,
  type PositionAttentionConfig,
  type PositionAttentionOptions,
  positionAttentionNames,
} from './position-attention.js';
import { axesFor, everyPixel } from './window.js';

/**
 * What the scores are made of. `position`: w_h . e[d] for each axis, of head and embedding. `content`: that and query . key / sqrt(inputs), the release's first
 * revision with content. `query-position`: the query, cut into a part an axis, times the embedding, / sqrt(inputs), its later revision.
 * `query-position-and-content`: that and query . key / sqrt(inputs), as Ramachandran et al. 2019.
 */
export type LearnedScores = 'position' | 'content' | 'query-position' | 'query-position-and-content';

/** Options of the layer. */
export interface LearnedRelativeAttentionOptions
  extends Omit<PositionAttentionOptions, 'headChannels' | 'window' | 'outputs'> {
  /** Default position. */
  readonly scores?: LearnedScores | undefined;
  /** Offsets from -(maxPositions - 1) to maxPositions - 1 have an embedding, so images may be so large. Default 16. */
  readonly maxPositions?: number | undefined;
  /** Channels of an embedding, where scores are `position` or `content`. Default: the inputs. Else it is inputs / dims. */
  readonly embedding?: number | undefined;
}

/** How a layer is built. */
export interface LearnedRelativeAttentionConfig
  extends Omit<PositionAttentionConfig, 'headChannels' | 'window' | 'outputs'> {
  readonly scores: LearnedScores;
  readonly maxPositions: number;
  readonly embedding: number;
}

const names = ['scores', 'maxPositions', 'embedding'] as const;

/** The embeddings along each axis, by number of axes; in the release's first revision rows are the last axis, in its later one the first. */
const tableNames = [['row'], ['col', 'row'], ['depth', 'col', 'row']] as const;
const laterTableNames = [['row'], ['row', 'col'], ['row', 'col', 'depth']] as const;

/** An affine map from the image to all heads. */
export interface AffineMap {
  /** [heads inputs, inputs]. */
  readonly weight: Tensor;
  /** [heads inputs]. */
  readonly bias: Tensor;
}

/**
 * The release's learned layer, right for images of any extents up to `maxPositions`, and along one to three axes. State: `row_embeddings.weight`,
 * `col_embeddings.weight` (of three axes `depth_embeddings.weight` too) [2 maxPositions - 1, embedding]; `head_keys_row.weight`, ... [heads, embedding] or
 * `query.weight`, `query.bias`; `key.weight`, `key.bias` with content; `value.weight`, `value.bias`. Rows act along the last axis where scores are `position` or
 * `content`, along the first one in the query modes, as in the release.
 */
export class LearnedRelativeAttention extends PositionAttention {
  readonly scoresKind: LearnedScores;
  readonly maxPositions: number;
  readonly embedding: number;
  /** [2 maxPositions - 1, embedding] along each axis of the image. */
  readonly embeddings: readonly Tensor[];
  /** [heads, embedding] along each axis; none where the query takes their place. */
  readonly headKeys: readonly Tensor[];
  /** Maps of the image to each head's queries and keys, where scores depend on it. */
  readonly query: AffineMap | undefined;
  readonly key: AffineMap | undefined;

  /** @throws {OptionError} for sizes that are no whole numbers from 1, an unknown kind of scores, or axes that do not divide the inputs in the query modes */
  constructor(options: LearnedRelativeAttentionOptions) {
    const op = 'LearnedRelativeAttention';
    const own = positionAttentionNames.filter(
      (name): name is Exclude<typeof name, 'headChannels' | 'window' | 'outputs'> =>
        !['headChannels', 'window', 'outputs'].includes(name),
    );
    checkOptions(op, options, [...own, ...names]);
    const { scores, maxPositions, embedding, asks } = checked(op, options);
    super(op, options);
    const { inputs, heads, dims } = this;
    const { rng, dtype, device } = options;
    this.scoresKind = scores;
    this.maxPositions = maxPositions;
    this.embedding = embedding;
    const along = (asks ? laterTableNames : tableNames)[dims - 1] as readonly string[];
    this.embeddings = along.map((axis) =>
      this.parameter(`${axis}_embeddings.weight`, rng.normal([2 * maxPositions - 1, embedding], { dtype, device })),
    );
    const uniform = (shape: readonly number[], fan: number): Tensor => {
      const bound = 1 / Math.sqrt(fan);
      return rng.uniform(shape, { low: -bound, high: bound, dtype, device });
    };
    this.headKeys = asks
      ? []
      : along.map((axis) => this.parameter(`head_keys_${axis}.weight`, uniform([heads, embedding], embedding)));
    const map = (name: string): AffineMap => ({
      weight: this.parameter(`${name}.weight`, uniform([heads * inputs, inputs], inputs)),
      bias: this.parameter(`${name}.bias`, uniform([heads * inputs], inputs)),
    });
    this.query = scores === 'position' ? undefined : map('query');
    this.key = scores === 'content' || scores === 'query-position-and-content' ? map('key') : undefined;
  }

  /** How the layer is built. */
  override get config(): LearnedRelativeAttentionConfig & PositionAttentionConfig {
    const { scoresKind: scores, maxPositions, embedding } = this;
    return { ...super.config, scores, maxPositions, embedding };
  }

  /** Whether scores depend on position alone, so that the layer is a convolution. */
  get positionOnly(): boolean {
    return this.scoresKind === 'position';
  }

  /** @throws {ShapeError} unless images are [batch, ...spatial, inputs] @throws {OptionError} for images larger than maxPositions, or an evaluation that the layer cannot do */
  override forward(images: Tensor, options: ForwardOptions = {}): Tensor {
    const extents = this.requireImages(images);
    this.#requireRoom(axesFor('LearnedRelativeAttention', this.window, extents));
    if (this.positionOnly || this.heads === 0) return super.forward(images, options);
    checkOptions('LearnedRelativeAttention', options, ['evaluation']);
    return scope(() => {
      const { content, scores } = this.#attention(images, extents);
      const [batch, heads, length, channels] = content.query.shape as [number, number, number, number];
      const mixed = attend(content, scores);
      const joined = reshape(transpose(mixed, [0, 2, 1, 3]), [batch, length, heads * channels]);
      const out = matmul(joined, this.weight, { transposeB: true });
      return reshape(this.bias === undefined ? out : add(out, this.bias), [batch, ...extents, this.outputs]);
    });
  }

  /** The weights of the queries [from, to) of the image, row by row: [batch or 1, heads, to - from, keys]. */
  override weightsFor(images: Tensor, from: number, to: number): Tensor {
    if (this.positionOnly) return super.weightsFor(images, from, to);
    const extents = this.requireImages(images);
    return scope(() => {
      const { content, scores } = this.#attention(images, extents);
      return attendWeights(content, scores, from, to);
    });
  }

  #attention(images: Tensor, extents: readonly number[]): { content: Content; scores: PositionScores } {
    const { heads, inputs } = this;
    const axes = axesFor('LearnedRelativeAttention', everyPixel(this.dims), extents);
    this.#requireRoom(axes);
    const flat = reshape(images, [images.shape[0] as number, total(axes, keysOf), inputs]);
    const value = broadcastTo(expandDims(flat, 1), [flat.shape[0] as number, heads, ...flat.shape.slice(1)]);
    const query = applied(flat, this.query as AffineMap, heads);
    // Without content the products count nothing.
    const key = this.key === undefined ? zerosLike(query) : applied(flat, this.key, heads);
    const content = { query, key, value, scale: 1 / Math.sqrt(inputs) };
    const scores =
      this.headKeys.length > 0 ? this.#headScores(axes) : this.#queryScores(mul(query, content.scale), axes);
    return { content, scores };
  }

  /** w_h . e[d], added up over axes. */
  #headScores(axes: readonly Axis[]): PositionScores {
    const table = jointTable(this.scores(axes));
    return (from, to) => gather(table, jointPlaces(axes, from, to, table.device), { axis: 1 });
  }

  /** query part . e[d], added up over axes: scores along each axis are [batch, heads, queries, keys of the axis]. */
  #queryScores(query: Tensor, axes: readonly Axis[]): PositionScores {
    const along = axes.map((axis, i) => this.#axisScores(query, axes, axis, i));
    return (from, to) => {
      const sums = along.map((scores, i) => {
        const part = rows(scores, from, to);
        return reshape(part, [...part.shape.slice(0, 3), ...axes.map(({ keys }, j) => (i === j ? keys : 1))]);
      });
      const all = sums.slice(1).reduce<Tensor>((sum, part) => add(sum, part), sums[0] as Tensor);
      return reshape(all, [...all.shape.slice(0, 3), total(axes, keysOf)]);
    };
  }

  #axisScores(query: Tensor, axes: readonly Axis[], axis: Axis, i: number): Tensor {
    const { embedding, dims } = this;
    const [batch, heads, length, channels] = query.shape as [number, number, number, number];
    const part = crop(query, [0, 0, 0, i * embedding], [batch, heads, length, channels / dims]);
    const grid = reshape(part, [batch, heads, ...axes.map(queriesOf), embedding]);
    // Queries of one place along the axis ask for the same embeddings: [..., queries of the axis, all others, embedding].
    const others = axes.map((_, j) => j + 2).filter((j) => j !== i + 2);
    const order = [0, 1, i + 2, ...others, dims + 2];
    const together = reshape(transpose(grid, order), [batch, heads, axis.queries, length / axis.queries, embedding]);
    const { low, count } = offsetsOf(axis);
    const table = crop(this.embeddings[i] as Tensor, [low + this.maxPositions - 1, 0], [count, embedding]);
    const asked = gather(table, offsetPlaces(axis, table.device));
    const scores = matmul(together, asked, { transposeB: true });
    const spread = reshape(scores, [batch, heads, ...order.slice(2, -1).map((j) => axes[j - 2]!.queries), axis.keys]);
    const back = [0, 1, ...axes.map((_, j) => order.indexOf(j + 2)), dims + 2];
    return reshape(transpose(spread, back), [batch, heads, length, axis.keys]);
  }

  /** @throws {OptionError} for offsets that have no embedding */
  #requireRoom(axes: readonly Axis[]): void {
    for (const [i, axis] of axes.entries()) {
      const { low, count } = offsetsOf(axis);
      if (Math.max(-low, low + count - 1) < this.maxPositions) continue;
      throw new OptionError(
        `LearnedRelativeAttention: axis ${i} of extent ${axis.keys} is larger than maxPositions ${this.maxPositions}: ` +
          'there are no embeddings for its offsets',
      );
    }
  }

  protected override scores(axes: readonly Axis[]): Scores {
    if (this.headKeys.length === 0) throw this.#needsContent();
    this.#requireRoom(axes);
    const tables = axes.map((axis, i) => {
      const { low, count } = offsetsOf(axis);
      const table = crop(this.embeddings[i] as Tensor, [low + this.maxPositions - 1, 0], [count, this.embedding]);
      return matmul(this.headKeys[i] as Tensor, table, { transposeB: true });
    });
    return { kind: 'separable', tables };
  }

  /** @throws {OptionError} where scores depend on content: there is no one kernel; `alignedAttention` reads the mean over images */
  override probabilities(radius: number): Tensor {
    if (!this.positionOnly) throw this.#needsContent();
    return super.probabilities(radius);
  }

  #needsContent(): OptionError {
    return new OptionError(
      `LearnedRelativeAttention: scores of kind ${quote(this.scoresKind)} depend on the image: read them with alignedAttention`,
    );
  }

  override sink(): undefined {
    return undefined;
  }

  override shifts(): number[][] | undefined {
    return undefined;
  }

  override reaches(): number[] {
    return new Array<number>(this.heads).fill(this.maxPositions - 1);
  }

  override headFacts(): HeadFacts[] {
    return Array.from({ length: this.heads }, () => ({ degenerate: false }));
  }
}

/** [batch, length, inputs] -> [batch, heads, length, inputs]. */
function applied(x: Tensor, { weight, bias }: AffineMap, heads: number): Tensor {
  return splitHeads(add(matmul(x, weight, { transposeB: true }), bias), heads);
}

/** The layer's own options with their defaults, checked before there is a tensor. @throws {OptionError} */
function checked(op: string, options: LearnedRelativeAttentionOptions) {
  const { dims = 2, inputs, scores = 'position', maxPositions = 16 } = options;
  const kinds = ['position', 'content', 'query-position', 'query-position-and-content'] as const;
  const asks = requireOneOf(op, 'scores', scores, kinds).startsWith('query');
  requireCount(op, 'inputs', inputs);
  if (asks) requireDivides(op, 'dims', requireCount(op, 'dims', dims, 1, 3), inputs);
  const { embedding = asks ? inputs / dims : inputs } = options;
  requireCount(op, 'maxPositions', maxPositions);
  requireCount(op, 'embedding', embedding);
  if (asks && embedding !== inputs / dims) {
    throw new OptionError(`${op}: embeddings of query parts have ${inputs / dims} channels, got ${embedding}`);
  }
  return { scores, maxPositions, embedding, asks };
}

/** The attentions of a graph one after another: which are shared, with which weights, and what that saves. */
import { rankOf } from '../checkpoint/rank-choice.js';
import type { Facts } from './facts/facts.js';
import type { AttentionLeft, AttentionMatch } from './match/attention.js';
import type { BiasTerm, Branch } from './match/branch.js';
import type { Remainder } from './match/onlookers.js';
import type { Projection } from './match/projection.js';
import type { CompressOnnxOptions } from './onnx-options.js';
import type { KeptOnnxAttention, OnnxAttentionReport, SharedOnnxAttention } from './onnx-report.js';
import type { GraphWriter } from './rewrite/graph-writer.js';
import { NodePutter } from './rewrite/node-putter.js';
import { type MapNames, putRemainder, putShape } from './rewrite/put-onlookers.js';
import { type SharedWeightNames, shareAttention } from './rewrite/share-attention.js';
import { branchBias, branchBytes, remainderWeights } from './weights/branch-weights.js';
import { type SharedForm, sharedBytes, sharedForm } from './weights/shared-form.js';
import type { TensorValues } from './weights/tensor-values.js';

/** What attentions with the same weights have in common. */
interface Known {
  /** The first of them. */
  readonly owner: string;
  readonly form: SharedForm;
  /** Once the weights are in the graph. */
  names?: SharedWeightNames;
}

/** A graph, what is known of it, and what changes it. */
export interface GraphTools {
  /** How errors name the operation. */
  readonly op: string;
  /** Version of the graph's operations. */
  readonly opset: number;
  readonly writer: GraphWriter;
  readonly facts: Facts;
  readonly values: TensorValues;
}

/** Shares attentions, and tells of each. */
export class SharedAttentions {
  readonly #op: string;
  readonly #opset: number;
  readonly #writer: GraphWriter;
  readonly #facts: Facts;
  readonly #values: TensorValues;
  readonly #options: CompressOnnxOptions;
  readonly #known = new Map<string, Known>();
  readonly #maps = new Map<string, MapNames>();

  constructor({ op, opset, writer, facts, values }: GraphTools, options: CompressOnnxOptions) {
    this.#op = op;
    this.#opset = opset;
    this.#writer = writer;
    this.#facts = facts;
    this.#values = values;
    this.#options = options;
  }

  /** @throws as `decompose` @throws {FormatError} for weights that are not finite */
  async all(found: readonly (AttentionMatch | AttentionLeft)[]): Promise<OnnxAttentionReport[]> {
    const reports: OnnxAttentionReport[] = [];
    const attentions = found.filter((one) => 'product' in one).length;
    let index = 0;
    for (const one of found) {
      if ('product' in one) reports.push(await this.#shared(one, { index: index++, attentions }));
      else reports.push({ ...one, status: 'unsupported' });
    }
    return reports;
  }

  async #shared(match: AttentionMatch, place: { index: number; attentions: number }): Promise<OnnxAttentionReport> {
    const { name, query, key, shiftMatters } = match;
    if (shiftMatters !== undefined && branchBias(key, this.#values) !== undefined) {
      return { name, status: 'unsupported', reason: `its keys have a bias, and ${shiftMatters}` };
    }
    const { sharedDim, maxError } = this.#options;
    const rank = sharedDim === undefined ? undefined : rankOf(sharedDim, query);
    const identity = [query, key].map((branch) => this.#identityOf(branch)).join('; ');
    const before = this.#known.get(identity);
    const refusal = rank === undefined ? undefined : this.#growth(match, rank);
    if (refusal !== undefined) return refusal;
    const known = before ?? { owner: name, form: await this.#form(match, { rank, maxError }, place) };
    this.#known.set(identity, known);
    const late = this.#growth(match, known.form.rank);
    if (late !== undefined) return late;
    known.names ??= this.#placed(name, known.form);
    this.#put(match, known.names);
    return this.#report(match, known);
  }

  /** What is told of an attention that would not become smaller; undefined for others. */
  #growth(match: AttentionMatch, rank: number): KeptOnnxAttention | undefined {
    const { name, query, key } = match;
    const hasBias = branchBias(query, this.#values) !== undefined;
    const [before, after] = [branchBytes(query) + branchBytes(key), sharedBytes(match, rank, hasBias)];
    if (this.#options.allowGrowth === true || after < before) return undefined;
    return { name, status: 'unchanged', reason: `at rank ${rank} it would take ${after} bytes, it takes ${before}` };
  }

  #form(
    match: AttentionMatch,
    goal: { readonly rank: number | undefined; readonly maxError: number | undefined },
    place: { readonly index: number; readonly attentions: number },
  ): Promise<SharedForm> {
    const { init, seed, restarts, tolerance, maxIterations, signal, onProgress } = this.#options;
    return sharedForm(this.#op, match, this.#values, {
      ...{ init, seed, restarts, tolerance, maxIterations, signal, ...goal },
      onProgress: onProgress && ((progress) => onProgress({ attention: match.name, ...place, ...progress })),
    });
  }

  /** What the scores of a branch follow from, as a text. */
  #identityOf({ projection, columns, last, heads }: Branch): string {
    return [this.#mapIdentity(projection, columns, last.bias), last.scale, heads].join(' ');
  }

  /** The same of some columns of a projection. */
  #mapIdentity(
    { weight, transposed, factor }: Projection,
    columns: readonly number[],
    bias: readonly BiasTerm[],
  ): string {
    const terms = bias.map((term) => `${this.#values.keyOf(term.tensor)} ${term.offset} ${term.factor}`);
    return [this.#values.keyOf(weight), transposed, factor, columns, ...terms].join(' ');
  }

  /** Adds weights to the graph. */
  #placed(name: string, { rank, query, key, mixing, contentBias }: SharedForm): SharedWeightNames {
    const add = (part: string, array: typeof query): string => this.#writer.weight(`${name}/${part}`, array);
    return {
      rank,
      query: add('query.weight', query),
      key: add('key.weight', key),
      mixing: add('mixing', mixing),
      contentBias: contentBias && add('content_bias.weight', contentBias),
    };
  }

  #put(match: AttentionMatch, names: SharedWeightNames): void {
    const put = new NodePutter(this.#writer, this.#facts, this.#opset, match.name);
    const rows = shareAttention(put, match, names);
    for (const look of match.shapes) putShape(put, look, look.branch === match.query ? rows.query : rows.key);
    for (const rest of match.rest) putRemainder(put, rest, this.#mapOf(rest));
  }

  /** Weights of values that came from one projection with queries or keys. */
  #mapOf(rest: Remainder): MapNames {
    const { name, projection, columns, bias } = rest;
    const identity = this.#mapIdentity(projection, columns, bias);
    const known = this.#maps.get(identity);
    if (known !== undefined) return known;
    const weights = remainderWeights(rest, this.#values);
    const map = {
      weight: this.#writer.weight(`${name}/weight`, weights.weight),
      bias: weights.bias && this.#writer.weight(`${name}/bias`, weights.bias),
    };
    this.#maps.set(identity, map);
    return map;
  }

  #report({ name, query, key }: AttentionMatch, { owner, form }: Known): SharedOnnxAttention {
    const { heads, dims } = query;
    const { query: q, key: k, mixing, contentBias, ...told } = form;
    const isOwn = owner === name;
    const bytes = {
      before: isOwn ? branchBytes(query) + branchBytes(key) : 0,
      after: isOwn ? [q, k, mixing, contentBias].reduce((sum, array) => sum + (array?.data.byteLength ?? 0), 0) : 0,
    };
    return {
      ...{ name, status: 'converted', heads, dims, ...told, bytes, bytesSaved: bytes.before - bytes.after },
      ...(!isOwn && { sameAs: owner }),
    };
  }
}

/** An attention as a graph, in the many forms that exporters give it. */
import { type AttributeValue, bytesOf, FLOAT, INT64, ModelBuilder, rawTensor } from './model-builder.js';

/** Sizes of an attention. */
export interface AttentionSizes {
  readonly width: number;
  /** Of the source of keys. */
  readonly keyWidth: number;
  readonly heads: number;
  readonly dims: number;
}

/** [out, in] each, as linear layers store them. */
export interface AttentionWeights extends AttentionSizes {
  readonly query: readonly number[];
  readonly key: readonly number[];
  readonly value: readonly number[];
  readonly queryBias: readonly number[] | undefined;
  readonly keyBias: readonly number[] | undefined;
  readonly valueBias: readonly number[] | undefined;
}

/** How an attention looks. */
export interface AttentionForm {
  readonly opset: 11 | 14;
  /** Products with a weight, with one that is turned first, with a Constant; a Gemm of flattened rows with the weight as it is or turned. */
  readonly projection: 'matmul' | 'turned' | 'constant' | 'gemm' | 'gemm-turned';
  /** Whether queries, keys and values are one projection, and what takes them apart. */
  readonly packed: 'no' | 'split' | 'slice' | 'gather';
  /** How shapes are given: numbers, zeros for what stays, -1 for the tokens or the heads, or computed. */
  readonly shape: 'fixed' | 'zeros' | 'rest' | 'rest-heads' | 'computed';
  readonly scale: 'divided' | 'multiplied' | 'query' | 'query-rows' | 'key' | 'both' | 'computed' | 'none';
  readonly mask: 'none' | 'added' | 'where' | 'where-not';
  /** How keys are turned: by one Transpose, by two, or by way of three axes. */
  readonly turn: 'one' | 'two' | 'three-axes';
  /** Batch and heads in one axis. */
  readonly flat: boolean;
}

/** Sizes that run. */
export const BATCH = 2;
export const TOKENS = 5;

/** The graph: `x` and, in cross attention, `source` go in, `mask` too; `out` [batch, tokens, heads dims] comes out, before any output projection. */
export function attentionModel(weights: AttentionWeights, form: AttentionForm, cross = false): Uint8Array {
  return new AttentionBuilder(weights, form, cross).bytes();
}

/** The scale that a form multiplies scores by after their product. */
export function laterScale({ dims }: AttentionSizes, { scale }: AttentionForm): number {
  return scale === 'divided' || scale === 'multiplied' ? 1 / Math.sqrt(dims) : 1;
}

/** All that it multiplies them by. */
export function wholeScale({ dims }: AttentionSizes, { scale }: AttentionForm): number {
  return scale === 'none' ? 1 : 1 / Math.sqrt(dims);
}

class AttentionBuilder {
  readonly #model: ModelBuilder;
  readonly #weights: AttentionWeights;
  readonly #form: AttentionForm;
  readonly #x: string;
  readonly #source: string;

  constructor(weights: AttentionWeights, form: AttentionForm, cross: boolean) {
    this.#weights = weights;
    this.#form = form;
    this.#model = new ModelBuilder(form.opset);
    const open = form.shape !== 'fixed';
    const axes = open ? ['batch', 'tokens'] : [BATCH, TOKENS];
    this.#x = this.#model.input('x', FLOAT, [...axes, weights.width]);
    this.#source = cross ? this.#model.input('source', FLOAT, [...axes, weights.keyWidth]) : this.#x;
  }

  bytes(): Uint8Array {
    const model = this.#model;
    const [query, key, value] = this.#form.packed === 'no' ? this.#apart() : this.#packed();
    const queries = this.#flat(this.#scaled(query, 'query'), query);
    const keys = this.#turned(this.#flat(this.#scaled(key, 'key'), key));
    const scores = this.#masked(this.#later(model.node('MatMul', [queries, keys])), queries);
    const weights = model.node('Softmax', [scores], { axis: -1 });
    const context = model.node('MatMul', [weights, this.#flat(value, value)]);
    const four = this.#form.flat
      ? this.#reshape(context, [-1, this.#weights.heads, TOKENS, this.#weights.dims])
      : context;
    const joined = model.node('Transpose', [four], { perm: [0, 2, 1, 3] });
    model.node('Reshape', [joined, model.integers([0, 0, this.#columns])], {}, ['out']);
    model.output('out');
    return model.bytes();
  }

  get #columns(): number {
    return this.#weights.heads * this.#weights.dims;
  }

  #reshape(input: string, shape: readonly number[]): string {
    return this.#model.node('Reshape', [input, this.#model.integers(shape)]);
  }

  /** Three projections. */
  #apart(): [string, string, string] {
    const { width, keyWidth, query, key, value, queryBias, keyBias, valueBias } = this.#weights;
    const rows = this.#rows(this.#x, width, query, queryBias, 'query');
    const scaled = this.#form.scale === 'query-rows' ? this.#times(rows, this.#scale) : rows;
    return [
      this.#heads(scaled, this.#x),
      this.#heads(this.#rows(this.#source, keyWidth, key, keyBias, 'key'), this.#source),
      this.#heads(this.#rows(this.#source, keyWidth, value, valueBias, 'value'), this.#source),
    ];
  }

  /** One projection for all three. */
  #packed(): [string, string, string] {
    const { width, query, key, value, queryBias, keyBias, valueBias, heads, dims } = this.#weights;
    const zeros = new Array<number>(this.#columns).fill(0);
    const bias = [queryBias ?? zeros, keyBias ?? zeros, valueBias ?? zeros].flat();
    const hasBias = queryBias !== undefined || keyBias !== undefined || valueBias !== undefined;
    const rows = this.#rows(this.#x, width, [...query, ...key, ...value], hasBias ? bias : undefined, 'packed');
    const model = this.#model;
    if (this.#form.packed === 'gather') {
      const five = model.node('Reshape', [rows, this.#shape([3, heads, dims], this.#x)]);
      const first = model.node('Transpose', [five], { perm: [2, 0, 3, 1, 4] });
      return [0, 1, 2].map((i) => model.node('Gather', [first, model.integers([i], [])], { axis: 0 })) as [string, string, string]; // biome-ignore format: three
    }
    if (this.#form.packed === 'slice') {
      const part = (i: number): string => this.#slice(rows, i * this.#columns, (i + 1) * this.#columns);
      return [0, 1, 2].map((i) => this.#heads(part(i), this.#x)) as [string, string, string];
    }
    const names = ['q_part', 'k_part', 'v_part'] as const;
    const sizes = [this.#columns, this.#columns, this.#columns];
    const three = this.#form.opset < 13 ? { axis: 2, split: sizes } : { axis: 2 };
    model.node('Split', this.#form.opset < 13 ? [rows] : [rows, model.integers(sizes)], three, names);
    return names.map((name) => this.#heads(name, this.#x)) as [string, string, string];
  }

  #slice(rows: string, from: number, to: number): string {
    const { integers } = this.#model;
    const own = integers.bind(this.#model);
    return this.#model.node('Slice', [rows, own([from]), own([to]), own([-1])]);
  }

  /** [batch, tokens, columns]. */
  #rows(
    x: string,
    width: number,
    weight: readonly number[],
    bias: readonly number[] | undefined,
    name: string,
  ): string {
    // biome-ignore format: a signature
    const model = this.#model;
    const { projection } = this.#form;
    const columns = weight.length / width;
    const turned = Array.from({ length: weight.length }, (_, i) => weight[(i % columns) * width + Math.floor(i / columns)]!); // biome-ignore format: a weight
    const added = bias === undefined ? undefined : model.weight(`${name}.bias`, [columns], bias);
    if (projection === 'gemm' || projection === 'gemm-turned') {
      const own = projection === 'gemm' ? model.weight(name, [width, columns], turned) : model.weight(name, [columns, width], weight); // biome-ignore format: a weight
      const flat = this.#reshape(x, [-1, width]);
      const inputs = added === undefined ? [flat, own] : [flat, own, added];
      const rows = model.node('Gemm', inputs, projection === 'gemm' ? {} : { transB: 1 });
      return model.node('Reshape', [rows, this.#computed([columns], x)]);
    }
    const rows = model.node('MatMul', [x, this.#matrix(projection, name, weight, turned, width)]);
    return added === undefined ? rows : model.node('Add', [added, rows]);
  }

  #matrix(
    projection: string,
    name: string,
    weight: readonly number[],
    turned: readonly number[],
    width: number,
  ): string {
    // biome-ignore format: a signature
    const model = this.#model;
    const columns = weight.length / width;
    if (projection === 'turned') {
      return model.node('Transpose', [model.weight(name, [columns, width], weight)], { perm: [1, 0] });
    }
    if (projection === 'matmul') return model.weight(name, [width, columns], turned);
    const value: AttributeValue = rawTensor('', [width, columns], FLOAT, bytesOf(Float32Array.from(turned)));
    return model.node('Constant', [], { value });
  }

  /** [batch, heads, tokens, dims]. @param x whose rows they are */
  #heads(rows: string, x: string): string {
    const { heads, dims } = this.#weights;
    const apart = this.#model.node('Reshape', [rows, this.#shape([heads, dims], x)]);
    return this.#model.node('Transpose', [apart], { perm: [0, 2, 1, 3] });
  }

  /** The name of a shape of rows and columns. */
  #shape(tail: readonly number[], x: string): string {
    const { integers } = this.#model;
    const own = integers.bind(this.#model);
    switch (this.#form.shape) {
      case 'fixed':
        return own([BATCH, TOKENS, ...tail]);
      case 'zeros':
        return own([0, 0, ...tail]);
      case 'rest':
        return own([0, -1, ...tail]);
      case 'rest-heads':
        return own([0, 0, -1, ...tail.slice(1)]);
      case 'computed':
        return this.#computed(tail, x);
    }
  }

  /** Extents of the rows of x, then numbers. */
  #computed(tail: readonly number[], x: string): string {
    const model = this.#model;
    const extent = (axis: number): string => {
      const one = model.node('Gather', [model.node('Shape', [x]), model.integers([axis], [])], { axis: 0 });
      return this.#form.opset < 13
        ? model.node('Unsqueeze', [one], { axes: [0] })
        : model.node('Unsqueeze', [one, model.integers([0])]);
    };
    return model.node('Concat', [extent(0), extent(1), model.integers(tail)], { axis: 0 });
  }

  get #scale(): number {
    return 1 / Math.sqrt(this.#weights.dims);
  }

  #times(value: string, factor: number): string {
    return this.#model.node('Mul', [value, this.#model.float(factor)]);
  }

  #scaled(value: string, side: 'query' | 'key'): string {
    const { scale } = this.#form;
    if (scale === side) return this.#times(value, this.#scale);
    if (scale === 'both') return this.#model.node('Div', [value, this.#model.float(this.#weights.dims ** 0.25, [1])]);
    return scale === 'computed' ? this.#model.node('Mul', [value, this.#computedScale(value)]) : value;
  }

  /** The root of 1 / sqrt(dims), of the shape of a value. */
  #computedScale(value: string): string {
    const model = this.#model;
    const shape = model.node('Shape', [value]);
    const last = model.node('Slice', [shape, model.integers([-1]), model.integers([2 ** 53])]);
    const root = model.node('Sqrt', [model.node('Cast', [last], { to: FLOAT })]);
    return model.node('Sqrt', [model.node('Div', [model.float(1, [1]), root])]);
  }

  #later(scores: string): string {
    const { scale } = this.#form;
    if (scale === 'divided') return this.#model.node('Div', [scores, this.#model.float(Math.sqrt(this.#weights.dims))]);
    return scale === 'multiplied' ? this.#times(scores, this.#scale) : scores;
  }

  /** Batch and heads in one axis. @param whole the value as it was projected, whose shape is asked for */
  #flat(value: string, whole: string): string {
    if (!this.#form.flat) return value;
    const { heads, dims } = this.#weights;
    const model = this.#model;
    const extent = (axis: number): string => model.node('Gather', [model.node('Shape', [whole]), model.integers([axis])], { axis: 0 }); // biome-ignore format: a node
    const batch = model.node('Mul', [extent(0), model.integers([heads])]);
    const shape = model.node('Concat', [batch, model.integers([-1]), model.integers([dims])], { axis: 0 });
    return model.node('Reshape', [value, shape]);
  }

  /** The last two axes exchanged. */
  #turned(keys: string): string {
    const model = this.#model;
    if (this.#form.flat) return model.node('Transpose', [keys], { perm: [0, 2, 1] });
    if (this.#form.turn === 'three-axes') return this.#turnedByThree(keys);
    return model.node('Transpose', [keys], { perm: [0, 1, 3, 2] });
  }

  #turnedByThree(keys: string): string {
    const model = this.#model;
    const shape = model.node('Shape', [keys]);
    const piece = (from: number, to: number): string => model.node('Slice', [shape, model.integers([from]), model.integers([to])]); // biome-ignore format: a node
    const [first, second, last] = [piece(0, 2), piece(-2, -1), piece(-1, 2 ** 53)];
    const three = model.node('Reshape', [
      keys,
      model.node('Concat', [model.integers([-1]), second, last], { axis: 0 }),
    ]);
    const turned = model.node('Transpose', [three], { perm: [0, 2, 1] });
    return model.node('Reshape', [turned, model.node('Concat', [first, last, second], { axis: 0 })]);
  }

  #masked(scores: string, queries: string): string {
    const model = this.#model;
    const { mask, flat } = this.#form;
    if (mask === 'none') return scores;
    const hidden = -3.4e38;
    const four = flat ? this.#fourAxes(scores) : scores;
    const given = model.input('mask', mask === 'added' ? FLOAT : INT64, [BATCH, 1, 1, TOKENS]);
    const seen = mask === 'added' ? given : model.node('Cast', [given], { to: 9 });
    const added = model.float(hidden);
    const masked =
      mask === 'added'
        ? model.node('Add', [four, seen])
        : mask === 'where'
          ? model.node('Where', [seen, four, added])
          : model.node('Where', [model.node('Not', [seen]), added, four]);
    if (!flat) return masked;
    const batch = model.node('Gather', [model.node('Shape', [queries]), model.integers([0])], { axis: 0 });
    const last = model.node('Gather', [model.node('Shape', [scores]), model.integers([1, 2])], { axis: 0 });
    return model.node('Reshape', [masked, model.node('Concat', [batch, last], { axis: 0 })]);
  }

  /** [batch heads, queries, keys] -> [batch, heads, queries, keys]. */
  #fourAxes(scores: string): string {
    const model = this.#model;
    const last = model.node('Gather', [model.node('Shape', [scores]), model.integers([1, 2])], { axis: 0 });
    const shape = model.node('Concat', [model.integers([-1, this.#weights.heads]), last], { axis: 0 });
    return model.node('Reshape', [scores, shape]);
  }
}

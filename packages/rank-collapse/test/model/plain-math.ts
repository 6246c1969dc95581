/** The parts of transformers in plain loops over float64 lists: the reference that tests compare with. */

/** Tokens, channels. */
export type Rows = readonly (readonly number[])[];

/** Weights by name. */
export class PlainWeights {
  readonly #values: ReadonlyMap<string, { readonly shape: readonly number[]; readonly data: ArrayLike<number> }>;

  constructor(values: ReadonlyMap<string, { readonly shape: readonly number[]; readonly data: ArrayLike<number> }>) {
    this.#values = values;
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  vector(name: string): number[] {
    const found = this.#values.get(name);
    if (found === undefined) throw new Error(`the checkpoint has no ${name}`);
    return Array.from(found.data);
  }

  /** The tensor as rows of its last axis, or with all axes but the first in one. */
  rows(name: string, columns: number = this.#values.get(name)?.shape.at(-1) ?? 0): Rows {
    const all = this.vector(name);
    return Array.from({ length: all.length / columns }, (_, i) => all.slice(i * columns, (i + 1) * columns));
  }

  /** x W^T + b with W [out, in], as Linear has it. */
  linear(x: Rows, name: string): Rows {
    const weight = this.rows(`${name}.weight`, x[0]!.length);
    const bias = this.has(`${name}.bias`) ? this.vector(`${name}.bias`) : weight.map(() => 0);
    return x.map((row) => weight.map((w, o) => dot(row, w) + bias[o]!));
  }

  /** x W + b with W [in, out], as GPT-2's Conv1D has it. */
  conv1d(x: Rows, name: string): Rows {
    const [weight, bias] = [this.rows(`${name}.weight`), this.vector(`${name}.bias`)];
    return x.map((row) => bias.map((b, o) => row.reduce((sum, value, i) => sum + value * weight[i]![o]!, b)));
  }

  layerNorm(x: Rows, name: string, epsilon: number): Rows {
    const [gain, shift] = [this.vector(`${name}.weight`), this.vector(`${name}.bias`)];
    return x.map((row) => {
      const mean = row.reduce((a, b) => a + b, 0) / row.length;
      const variance = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / row.length;
      return row.map((value, c) => ((value - mean) / Math.sqrt(variance + epsilon)) * gain[c]! + shift[c]!);
    });
  }

  rmsNorm(x: Rows, name: string, epsilon: number): Rows {
    const gain = this.vector(`${name}.weight`);
    return x.map((row) => {
      const square = row.reduce((sum, value) => sum + value * value, 0) / row.length;
      return row.map((value, c) => (value / Math.sqrt(square + epsilon)) * gain[c]!);
    });
  }
}

const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, value, i) => sum + value * b[i]!, 0);

export const plus = (a: Rows, b: Rows): Rows => a.map((row, i) => row.map((value, c) => value + b[i]![c]!));
export const times = (a: Rows, b: Rows): Rows => a.map((row, i) => row.map((value, c) => value * b[i]![c]!));
export const mapped = (x: Rows, f: (value: number) => number): Rows => x.map((row) => row.map(f));
export const columns = (x: Rows, from: number, to: number): Rows => x.map((row) => row.slice(from, to));

/** 2 / sqrt(pi) exp(-x^2) sum_n 2^n x^(2n+1) / (2n+1)!!, of which no term cancels another. */
function erf(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x);
  let [term, sum] = [x, x];
  for (let n = 1; Math.abs(term) > 1e-18 * Math.abs(sum); n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

export const gelu = (x: number): number => (x / 2) * (1 + erf(x / Math.SQRT2));
export const geluTanh = (x: number): number =>
  (x / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
export const quickGelu = (x: number): number => x / (1 + Math.exp(-1.702 * x));
export const silu = (x: number): number => x / (1 + Math.exp(-x));
export const relu = (x: number): number => Math.max(0, x);

/** What is particular in an attention. */
export interface PlainAttention {
  readonly heads: number;
  readonly keyValueHeads?: number;
  readonly scale?: number;
  readonly sees?: (query: number, key: number) => boolean;
  readonly bias?: (head: number, query: number, key: number) => number;
  /** Queries or keys of one head, before their product. */
  readonly prepare?: (x: Rows, which: 'query' | 'key') => Rows;
}

/** softmax(scale q k^T + bias) v in each head, joined: q [tokens, heads dims] -> [tokens, heads value dims]. */
export function plainAttention(q: Rows, k: Rows, v: Rows, options: PlainAttention): Rows {
  const { heads, keyValueHeads = heads, sees = () => true, bias = () => 0, prepare = (x) => x } = options;
  const [dims, valueDims] = [q[0]!.length / heads, v[0]!.length / keyValueHeads];
  const { scale = 1 / Math.sqrt(dims) } = options;
  const joined: number[][] = q.map(() => []);
  for (let h = 0; h < heads; h++) {
    const shared = Math.floor((h * keyValueHeads) / heads);
    const queries = prepare(columns(q, h * dims, (h + 1) * dims), 'query');
    const keys = prepare(columns(k, shared * dims, (shared + 1) * dims), 'key');
    const values = columns(v, shared * valueDims, (shared + 1) * valueDims);
    for (const [i, query] of queries.entries()) {
      const scores = keys.map((key, j) => (sees(i, j) ? scale * dot(query, key) + bias(h, i, j) : -Infinity));
      const largest = Math.max(...scores);
      const weights = scores.map((score) => Math.exp(score - largest));
      const all = weights.reduce((a, b) => a + b, 0);
      for (let c = 0; c < valueDims; c++)
        joined[i]!.push(
          dot(
            weights,
            values.map((row) => row[c]!),
          ) / all,
        );
    }
  }
  return joined;
}

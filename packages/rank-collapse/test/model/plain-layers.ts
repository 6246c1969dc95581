/** How the layers of transformers are put together, in plain loops. */
import { mapped, type PlainAttention, type PlainWeights, plainAttention, plus, type Rows } from './plain-math.js';

export type Part = (x: Rows) => Rows;

export const causal = (query: number, key: number): boolean => key <= query;

/** x = norm(x + part(x)), for attention and the perceptron. */
export const post =
  (attention: Part, norm1: Part, mlp: Part, norm2: Part): Part =>
  (x) => {
    const attended = norm1(plus(x, attention(x)));
    return norm2(plus(attended, mlp(attended)));
  };

/** x = x + part(norm(x)). */
export const pre =
  (norm1: Part, attention: Part, norm2: Part, mlp: Part): Part =>
  (x) => {
    const attended = plus(x, attention(norm1(x)));
    return plus(attended, mlp(norm2(attended)));
  };

export function throughAll(embedded: Rows, layers: readonly Part[]): Rows[] {
  const states = [embedded];
  for (const layer of layers) states.push(layer(states.at(-1) as Rows));
  return states;
}

/** Query, key, value and output of the names, as Linear has them. */
export const linearAttention =
  (w: PlainWeights, names: readonly [string, string, string, string], options: PlainAttention): Part =>
  (x) => {
    const [q, k, v] = [w.linear(x, names[0]), w.linear(x, names[1]), w.linear(x, names[2])];
    return w.linear(plainAttention(q, k, v, options), names[3]);
  };

export const linearMlp =
  (w: PlainWeights, up: string, down: string, activation: (x: number) => number): Part =>
  (x) =>
    w.linear(mapped(w.linear(x, up), activation), down);

export const at = (path: string, ...names: string[]): [string, string, string, string] =>
  names.map((name) => path + name) as [string, string, string, string];

export const each = (count: number, layer: (i: number) => Part): Part[] =>
  Array.from({ length: count }, (_, i) => layer(i));

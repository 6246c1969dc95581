/** Attention in plain loops. */
import { readModel } from '../../src/onnx/model/model.js';
import { floatsOf } from '../../src/onnx/model/tensor-values.js';
import { type AttentionWeights, BATCH, TOKENS } from './attention-model.js';

/** Scores of a head: (query, key) of one sentence -> number, the scale that comes later left out. */
type Scores = (x: ArrayLike<number>, y: ArrayLike<number>, head: number) => number;

export interface Sentences {
  readonly x: readonly number[];
  readonly source: readonly number[];
  /** [batch, tokens]: 0 hides a key. */
  readonly mask: readonly number[] | undefined;
}

function dot(weight: ArrayLike<number>, from: number, x: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += weight[from + i]! * x[i]!;
  return sum;
}

/** Of ordinary heads. */
export function ordinaryScores({ width, keyWidth, dims, query, key, queryBias, keyBias }: AttentionWeights): Scores {
  return (x, y, head) => {
    let sum = 0;
    for (let j = head * dims; j < (head + 1) * dims; j++) {
      sum += (dot(query, j * width, x) + (queryBias?.[j] ?? 0)) * (dot(key, j * keyWidth, y) + (keyBias?.[j] ?? 0));
    }
    return sum;
  };
}

/** Of the shared weights that a rewritten file has. */
export function sharedScores(bytes: Uint8Array, { width, keyWidth, heads }: AttentionWeights): Scores {
  const { graph } = readModel(bytes, 'test');
  const weight = (end: string): ArrayLike<number> | undefined => {
    const found = [...graph.initializers.values()].find(({ name }) => name.endsWith(end));
    return found && floatsOf(found, 'test');
  };
  const [query, key, mixing] = ['/query.weight', '/key.weight', '/mixing'].map(
    (end) => weight(end) as ArrayLike<number>,
  );
  const bias = weight('/content_bias.weight');
  const rank = query!.length / width;
  return (x, y, head) => {
    let sum = 0;
    for (let r = 0; r < rank; r++) {
      let [q, k] = [0, 0];
      for (let i = 0; i < width; i++) q += x[i]! * query![i * rank + r]!;
      for (let i = 0; i < keyWidth; i++) k += y[i]! * key![i * rank + r]!;
      sum += q * mixing![head * rank + r]! * k;
    }
    for (let i = 0; bias !== undefined && i < keyWidth; i++) sum += y[i]! * bias[i * heads + head]!;
    return sum;
  };
}

/** [batch, tokens, heads dims]. */
export function plainAttention(
  weights: AttentionWeights,
  scores: Scores,
  scale: number,
  { x, source, mask }: Sentences,
): number[] {
  // biome-ignore format: a signature
  const { width, keyWidth, heads, dims, value, valueBias } = weights;
  const out: number[] = [];
  const token = (all: readonly number[], at: number, size: number): readonly number[] => all.slice(at * size, (at + 1) * size); // biome-ignore format: a token
  for (let at = 0; at < BATCH * TOKENS; at++) {
    const first = Math.floor(at / TOKENS) * TOKENS;
    const keys = Array.from({ length: TOKENS }, (_, i) => token(source, first + i, keyWidth));
    for (let head = 0; head < heads; head++) {
      const row = keys.map((y, i) =>
        mask?.[first + i] === 0 ? Number.NEGATIVE_INFINITY : scale * scores(token(x, at, width), y, head),
      );
      const most = Math.max(...row);
      const powers = row.map((score) => Math.exp(score - most));
      const total = powers.reduce((a, b) => a + b);
      for (let j = head * dims; j < (head + 1) * dims; j++) {
        out.push(keys.reduce((sum, y, i) => sum + (powers[i]! / total) * (dot(value, j * keyWidth, y) + (valueBias?.[j] ?? 0)), 0)); // biome-ignore format: a sum
      }
    }
  }
  return out;
}

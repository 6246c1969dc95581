/** Random layers of BERT's form, and some whose heads share directions. */
import { joinHeads, splitHeads } from '@saccade/nn';
import { type AttentionOptions, attention, matmul, type Rng, type Tensor, tensor } from '@saccade/tensor';

export const width = 24;
export const heads = 4;
const each = 6;

/** Weights with biases, without an output map. */
export interface LayerWeights {
  readonly queryWeight: Tensor;
  readonly queryBias: Tensor;
  readonly keyWeight: Tensor;
  readonly keyBias: Tensor;
  readonly valueWeight: Tensor;
  readonly valueBias: Tensor;
}

/** A layer of BERT's form, with biases. */
export function randomLayer(rng: Rng): LayerWeights {
  const weight = (): Tensor => rng.normal([heads * each, width], { deviation: 0.3 });
  const bias = (): Tensor => rng.normal([heads * each]);
  return {
    ...{ queryWeight: weight(), queryBias: bias(), keyWeight: weight(), keyBias: bias() },
    ...{ valueWeight: weight(), valueBias: bias() },
  };
}

/** What its heads give. */
export function ordinary(w: LayerWeights, x: Tensor, options: AttentionOptions): Tensor {
  const map = (weight: Tensor, bias: Tensor): Tensor =>
    splitHeads(matmul(x, weight, { transposeB: true }).add(bias), heads);
  const [q, k, v] = [map(w.queryWeight, w.queryBias), map(w.keyWeight, w.keyBias), map(w.valueWeight, w.valueBias)];
  return joinHeads(attention(q, k, v, options));
}

/** Largest difference. */
export function apart(a: Tensor, b: Tensor): number {
  return a.sub(b).abs().max().item();
}

/** Query and key weights whose scores have an exact decomposition of this rank. */
export function planted(rng: Rng, rank: number): { query: Tensor; key: Tensor } {
  const [a, b, mixing] = [rng.normal([rank, width]), rng.normal([rank, width]), rng.normal([heads, rank])];
  const rows = Array.from({ length: heads }, (_, h) => a.mul(mixing.at(`${h}:${h + 1}`).reshape([rank, 1])));
  const joined = (parts: readonly Tensor[]): Tensor =>
    tensor(
      parts.flatMap((part) => Array.from(part.dataSync<'float32'>())),
      { shape: [heads * rank, width] },
    );
  return { query: joined(rows), key: joined(rows.map(() => b)) };
}

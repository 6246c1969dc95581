/** A task that needs attention: 32 pairs of key and value in random order, and every key asks for its value. */
import { type Rng, type Tensor, tensor } from '@saccade/tensor';

/** Keys, and as many pairs and questions. */
export const KEYS = 32;
/** Values that a key can have. */
export const VALUES = 8;

/** Sequences of pairs, and questions: [batch, 32] each, int32. */
export interface RecallBatch {
  readonly keys: Tensor;
  readonly values: Tensor;
  readonly queries: Tensor;
  readonly targets: Tensor;
}

/** Draws sequences. */
export function recallBatch(rng: Rng, batch: number): RecallBatch {
  const parts: Record<keyof RecallBatch, number[]> = { keys: [], values: [], queries: [], targets: [] };
  for (let i = 0; i < batch; i++) {
    const keys = shuffled(rng);
    const values = keys.map(() => Math.floor(rng.number() * VALUES));
    const queries = shuffled(rng);
    parts.keys.push(...keys);
    parts.values.push(...values);
    parts.queries.push(...queries);
    parts.targets.push(...queries.map((query) => values[keys.indexOf(query)] as number));
  }
  const made = (list: readonly number[]): Tensor => tensor(Int32Array.from(list), { shape: [batch, KEYS] });
  return {
    keys: made(parts.keys),
    values: made(parts.values),
    queries: made(parts.queries),
    targets: made(parts.targets),
  };
}

/** All keys in random order. */
function shuffled(rng: Rng): number[] {
  const order = Array.from({ length: KEYS }, (_, i) => i);
  for (let i = KEYS - 1; i > 0; i--) {
    const j = Math.floor(rng.number() * (i + 1));
    [order[i], order[j]] = [order[j] as number, order[i] as number];
  }
  return order;
}

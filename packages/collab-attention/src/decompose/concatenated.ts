/** Heads as they are, in the shared form: each mixes in its own dimensions alone. It is exact. */
import { matrix } from '@saccade/tensor';
import type { Factors } from './factors.js';
import type { ScoreTensor } from './score-tensor.js';

/** For ranks of heads x dims, and larger ones, whose further components are zero. @param empty whether all are, as for weights of zero */
export function concatenatedFactors(scores: ScoreTensor, rank: number, empty = false): Factors {
  const { heads, dims } = scores;
  const [query, mixing, key] = [
    matrix(scores.query.columns, rank),
    matrix(heads, rank),
    matrix(scores.key.columns, rank),
  ];
  for (let head = 0; head < (empty ? 0 : heads); head++) {
    const [q, k] = [scores.queryOf(head), scores.keyOf(head)];
    for (let j = 0; j < dims; j++) {
      const r = head * dims + j;
      mixing.data[head * rank + r] = 1;
      for (let i = 0; i < q.columns; i++) query.data[i * rank + r] = q.data[j * q.columns + i]!;
      for (let i = 0; i < k.columns; i++) key.data[i * rank + r] = k.data[j * k.columns + i]!;
    }
  }
  return { query, mixing, key };
}

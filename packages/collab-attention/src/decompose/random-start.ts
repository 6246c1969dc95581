/** Random starts. */
import { type Matrix, matrix, type Rng } from '@saccade/tensor';
import type { Factors } from './factors.js';
import type { ScoreTensor } from './score-tensor.js';

/** A number in (0, 1): not 0, whose logarithm is none. */
function open(rng: Rng): number {
  return rng.number() + 2 ** -54;
}

/** Standard normal, times a deviation (Box and Muller). */
export function normalMatrix(rng: Rng, rows: number, columns: number, deviation = 1): Matrix {
  const data = new Float64Array(rows * columns);
  for (let i = 0; i < data.length; i += 2) {
    const [radius, angle] = [deviation * Math.sqrt(-2 * Math.log(open(rng))), 2 * Math.PI * rng.number()];
    data[i] = radius * Math.cos(angle);
    if (i + 1 < data.length) data[i + 1] = radius * Math.sin(angle);
  }
  return matrix(rows, columns, data);
}

/** M from N(0, 1), A and B from N(0, 1 / width). */
export function normalStart({ query, key, heads }: ScoreTensor, rank: number, rng: Rng): Factors {
  return {
    query: normalMatrix(rng, query.columns, rank, 1 / Math.sqrt(query.columns)),
    mixing: normalMatrix(rng, heads, rank),
    key: normalMatrix(rng, key.columns, rank, 1 / Math.sqrt(key.columns)),
  };
}

/** All from [0, 1), as the released code begins: it often stalls. */
export function uniformStart({ query, key, heads }: ScoreTensor, rank: number, rng: Rng): Factors {
  const uniform = (rows: number): Matrix =>
    matrix(
      rows,
      rank,
      Float64Array.from({ length: rows * rank }, () => rng.number()),
    );
  return { query: uniform(query.columns), mixing: uniform(heads), key: uniform(key.columns) };
}

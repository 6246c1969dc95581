/** Decomposition for the states that a layer sees: what counts is the error of scores on them, not that of weights. */
import {
  choleskyMatrix,
  type Matrix,
  matrix,
  matrixProduct,
  OptionError,
  quote,
  transposeMatrix,
} from '@saccade/tensor';
import type { Factors } from './factors.js';
import { ScoreTensor } from './score-tensor.js';

/** Added to second moments, as a part of their mean, so that directions that no state has keep a little weight. */
const RIDGE = 1e-6;

/** T_h -> L_x^T T_h L_y, where L L^T are the second moments of the states; factors come back by L^-T. */
export class Calibration {
  readonly #query: Matrix;
  readonly #key: Matrix;

  /** @param query states [count, query width] @param key states [count, key width] */
  constructor(query: Matrix, key: Matrix) {
    this.#query = rootOfMoments('calibration', query);
    this.#key = query === key ? this.#query : rootOfMoments('keyCalibration', key);
  }

  /** The scores with the states' moments in them. */
  weighted({ query, key, heads, keyHeads }: ScoreTensor): ScoreTensor {
    return new ScoreTensor(matrixProduct(query, this.#query), matrixProduct(key, this.#key), heads, keyHeads);
  }

  /** Factors of the scores themselves. */
  restored({ query, mixing, key }: Factors): Factors {
    return { query: backSolved(this.#query, query), mixing, key: backSolved(this.#key, key) };
  }
}

/** L with L L^T = X^T X / count. @throws {OptionError} for states that are not finite, or none */
function rootOfMoments(name: string, states: Matrix): Matrix {
  if (states.rows === 0 || !states.data.every(Number.isFinite)) {
    throw new OptionError(
      `decompose: ${name} must be finite states, one a row, got ${quote([states.rows, states.columns])}`,
    );
  }
  const moments = matrixProduct(states, states, { transposeA: true });
  const n = moments.rows;
  let trace = 0;
  for (let i = 0; i < n; i++) trace += moments.data[i * (n + 1)]!;
  if (trace === 0) throw new OptionError(`decompose: ${name} must not be zero throughout`);
  for (let i = 0; i < n; i++) moments.data[i * (n + 1)]! += (RIDGE * trace) / n;
  return choleskyMatrix(
    matrix(
      n,
      n,
      moments.data.map((value) => value / states.rows),
    ),
  );
}

/** X with L^T X = Y. */
function backSolved(l: Matrix, y: Matrix): Matrix {
  const [n, columns] = [l.rows, y.columns];
  const upper = transposeMatrix(l).data;
  const x = y.data.slice();
  for (let i = n - 1; i >= 0; i--) {
    const row = x.subarray(i * columns, (i + 1) * columns);
    for (let k = i + 1; k < n; k++) {
      const factor = upper[i * n + k]!;
      if (factor !== 0) for (let c = 0; c < columns; c++) row[c]! -= factor * x[k * columns + c]!;
    }
    for (let c = 0; c < columns; c++) row[c]! /= upper[i * (n + 1)]!;
  }
  return matrix(n, columns, x);
}

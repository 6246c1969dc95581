/** PowerSGD: a matrix as the product of two thin ones, found by one step of subspace iteration that all workers take together. */
import { checkOptions, OptionError, quote, Rng, requireCount, ShapeError } from '@saccade/tensor';
import type { Vector } from '../compress/message.js';
import { vectorLike } from '../compress/vector-like.js';
import { checkGradient } from './check-gradient.js';
import { checkMemoryOptions, correct, type MemoryOptions, remember, unitOf } from './error-feedback.js';
import type { Feedback, Gathered } from './feedback.js';
import { addMean } from './mean-message.js';
import { orthogonalise } from './orthogonalise.js';
import { newVector } from './precision.js';
import { addState, setState } from './remembered.js';

/** Options of `powerSGD`. */
export interface PowerSGDOptions extends MemoryOptions {
  /** The vector is a matrix [rows, columns], row-major. */
  readonly rows: number;
  readonly columns: number;
  /** Columns of the thin matrices, r; (rows + columns) r numbers travel. */
  readonly rank: number;
  /** Seed of the first Q: the same on all workers. Default 0. */
  readonly seed?: number | undefined;
  /** The first Q [columns, rank] itself. Default: from the seed. */
  readonly start?: Vector | undefined;
}

/**
 * PowerSGD (Vogels, Karimireddy, Jaggi 2019) with error feedback and warm start. Two exchanges a turn: P, then Q. Made for momentum behind it.
 * A column of Q that came out as zero, as for a gradient of zeros, keeps its old value: it would be zero for good.
 * @throws {OptionError} for a rank above rows or columns @throws {ShapeError} for a start of another length
 */
export function powerSGD(options: PowerSGDOptions): Feedback {
  const op = 'powerSGD';
  const names = ['rows', 'columns', 'rank', 'seed', 'start', 'precision', 'rate'] as const;
  const { rows, columns, rank, seed = 0, start, ...rest } = checkOptions(op, options, names);
  const { precision, rate } = checkMemoryOptions(op, rest);
  for (const [name, value] of Object.entries({ rows, columns, rank })) requireCount(op, name, value);
  if (rank > Math.min(rows, columns)) {
    throw new OptionError(
      `${op}: rank must be at most ${Math.min(rows, columns)} for [${rows}, ${columns}], got ${quote(rank)}`,
    );
  }
  if (start !== undefined && start.length !== columns * rank) {
    throw new ShapeError(`${op}: start must have ${columns} x ${rank} entries, got ${start.length}`);
  }
  const memory = newVector(op, precision, rows * columns);
  const m = newVector(op, precision, rows * columns);
  const q = newVector(op, precision, columns * rank);
  const rng = new Rng(seed);
  q.set(start ?? q.map(() => rng.number() - 0.5));

  /** P = orthogonalise(mean_w M_w Q). */
  function meanP({ messages }: Gathered): Vector {
    const p = addMean(messages, newVector(op, precision, rows * rank));
    orthogonalise(p, rank);
    return p;
  }

  /** Q = mean_w M_w^T P, kept for the next turn; then P Q^T. */
  function update(p: Vector, { messages }: Gathered): Vector {
    const next = addMean(messages, vectorLike(q));
    for (let j = 0; j < rank; j++) {
      const lost = next.every((value, at) => at % rank !== j || value === 0);
      for (let at = j; at < q.length && !lost; at += rank) q[at] = next[at]!;
    }
    return timesTransposed(p, next, rank);
  }

  return {
    lengths: [rows * rank, columns * rank],
    state: { memory },
    shared: { q },
    async reduce(gradient, turn, gather) {
      checkGradient(op, gradient, rows * columns, turn.step);
      const unit = unitOf(op, rate, turn.step);
      correct(m, memory, gradient, unit); //                                     M_w = g_w + e_w
      const first = await gather({ kind: 'factor', length: rows * rank, rank, values: times(m, q, rank) });
      const p = meanP(first);
      const second = await gather({
        kind: 'factor',
        length: columns * rank,
        rank,
        values: transposedTimes(m, p, rank),
      });
      const direction = update(p, second);
      if (second.own !== undefined) for (let i = 0; i < m.length; i++) m[i] = m[i]! - direction[i]!;
      remember(memory, m, unit); //                                              e_w = M_w - P Q^T
      return direction;
    },
    absorb: ([first, second]) => update(meanP(first!), second!),
    restore: (state) => addState(op, { memory }, state),
    adopt: (shared) => setState(op, { q }, shared),
  };
}

/** M Q [rows, rank] of M [rows, columns] and Q [columns, rank]. */
function times(m: Vector, q: Vector, rank: number): Vector {
  const columns = q.length / rank;
  const rows = m.length / columns;
  const p = vectorLike(m, rows * rank);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < rank; j++) {
      let sum = 0;
      for (let c = 0; c < columns; c++) sum += m[i * columns + c]! * q[c * rank + j]!;
      p[i * rank + j] = sum;
    }
  }
  return p;
}

/** M^T P [columns, rank] of M [rows, columns] and P [rows, rank]. */
function transposedTimes(m: Vector, p: Vector, rank: number): Vector {
  const rows = p.length / rank;
  const columns = m.length / rows;
  const sums = new Float64Array(columns * rank);
  for (let i = 0; i < rows; i++) {
    for (let c = 0; c < columns; c++) {
      const value = m[i * columns + c]!;
      for (let j = 0; j < rank; j++) {
        sums[c * rank + j]! += value * p[i * rank + j]!;
      }
    }
  }
  const q = vectorLike(m, columns * rank);
  q.set(sums);
  return q;
}

/** P Q^T [rows, columns] of P [rows, rank] and Q [columns, rank]. */
function timesTransposed(p: Vector, q: Vector, rank: number): Vector {
  const rows = p.length / rank;
  const columns = q.length / rank;
  const product = vectorLike(p, rows * columns);
  for (let i = 0; i < rows; i++) {
    for (let c = 0; c < columns; c++) {
      let sum = 0;
      for (let j = 0; j < rank; j++) sum += p[i * rank + j]! * q[c * rank + j]!;
      product[i * columns + c] = sum;
    }
  }
  return product;
}

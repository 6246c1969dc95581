/** A part of a model's output, in numbers. */
import { type Matrix, matrix, type Tensor } from '@saccade/tensor';
import { compositeOf } from '../residual/host-norms.js';
import { centredOn } from '../residual/host-residual.js';

/** Some of the output's sum. */
export interface Contribution {
  /** |Y|_{1,inf}. */
  readonly norm: number;
  /** |res(Y)|_{1,inf}: what tells tokens apart. */
  readonly residual: number;
  /** <Y, X> / <X, X> with the output X: shares of a sum add up to 1. */
  readonly share: number;
}

/** @param parts [count, tokens, channels] @param output [tokens, channels] */
export async function contributionsOf(parts: Tensor, output: Tensor): Promise<Contribution[]> {
  const [count, tokens, channels] = parts.shape as [number, number, number];
  const [values, whole] = [
    await matricesOf(parts, count, tokens, channels),
    await matricesOf(output, 1, tokens, channels),
  ];
  const all = whole[0] as Matrix;
  const square = dot(all, all);
  return values.map((part) => ({
    norm: compositeOf(part),
    residual: compositeOf(centredOn(part, 'mean')),
    share: square > 0 ? dot(part, all) / square : 0,
  }));
}

async function matricesOf(t: Tensor, count: number, rows: number, columns: number): Promise<Matrix[]> {
  const values = Float64Array.from((await t.data()) as ArrayLike<number>);
  const size = rows * columns;
  return Array.from({ length: count }, (_, i) => matrix(rows, columns, values.slice(i * size, (i + 1) * size)));
}

function dot(a: Matrix, b: Matrix): number {
  return a.data.reduce((sum, value, i) => sum + value * b.data[i]!, 0);
}

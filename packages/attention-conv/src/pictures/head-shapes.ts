/** Centre and spread of each head as an ellipse. */
import type { Matrix } from '@saccade/tensor';
import { QuadraticAttention } from '../layers/quadratic-attention.js';
import { neighbourhood, offsetAt } from '../read/marginals.js';
import type { ReadableHeads } from './heads-picture.js';

/** Where a head looks and how widely; nowhere if it is degenerate. */
export interface HeadShape {
  readonly head: number;
  /** Offset from the query along each axis. */
  readonly center: readonly number[] | undefined;
  /** Variances along rows (axis 0) and columns (axis 1), and how both go together; of one axis its variance stands for both. */
  readonly covariance: { readonly rows: number; readonly columns: number; readonly both: number };
  /** Whether these are of the head's weights, as the layer keeps no centres. */
  readonly measured: boolean;
}

const none = { rows: 0, columns: 0, both: 0 } as const;

/** The shapes of all heads. @param radius offsets that are looked at where a layer keeps no centres */
export function headShapes(layer: ReadableHeads, radius: number): HeadShape[] {
  if (layer.heads === 0) return [];
  const facts = layer.headFacts();
  const spreads = layer instanceof QuadraticAttention ? layer.spreadsNow() : undefined;
  const measured = facts.some(({ center, degenerate }) => center === undefined && !degenerate)
    ? moments(layer, radius)
    : [];
  return facts.map(({ center, alpha = 0, degenerate }, head) => {
    if (degenerate) return { head, center: undefined, covariance: none, measured: false };
    if (center === undefined) return measured[head] as HeadShape;
    const precision = spreads?.[head]?.precision;
    const round = { rows: 1 / (2 * alpha), columns: 1 / (2 * alpha), both: 0 };
    return { head, center, covariance: precision === undefined ? round : inverse(precision), measured: false };
  });
}

/** The inverse of a precision matrix of one or two axes. */
function inverse({ data, rows: dims }: Matrix): HeadShape['covariance'] {
  const [a = 0, b = 0, c = 0, d = 0] = data;
  if (dims === 1) return { rows: 1 / a, columns: 1 / a, both: 0 };
  const determinant = a * d - b * c;
  return { rows: d / determinant, columns: a / determinant, both: -b / determinant };
}

/** Mean and covariance of each head's weights. */
function moments(layer: ReadableHeads, radius: number): HeadShape[] {
  const near = neighbourhood(layer, radius);
  const size = near.p.length / near.heads;
  return Array.from({ length: near.heads }, (_, head) => {
    const sums = { all: 0, rows: 0, columns: 0, rows2: 0, columns2: 0, both: 0 };
    for (let i = 0; i < size; i++) {
      const p = near.p[head * size + i] as number;
      const [row = 0, column = row] = offsetAt(near, i);
      sums.all += p;
      sums.rows += p * row;
      sums.columns += p * column;
      sums.rows2 += p * row * row;
      sums.columns2 += p * column * column;
      sums.both += p * row * column;
    }
    const [row, column] = [sums.rows / sums.all, sums.columns / sums.all];
    return {
      head,
      center: near.dims === 1 ? [row] : [row, column],
      covariance: {
        rows: Math.max(0, sums.rows2 / sums.all - row * row),
        columns: Math.max(0, sums.columns2 / sums.all - column * column),
        both: near.dims === 1 ? 0 : sums.both / sums.all - row * column,
      },
      measured: true,
    };
  });
}

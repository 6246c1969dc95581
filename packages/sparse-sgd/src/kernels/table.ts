/** The package's own kernels, once, with their meaning. Sizes are checked by the caller. */
import type { Buffer } from '@saccade/kernels';

/** What a step of Mem-SGD sends: all entries, the k largest in magnitude, or k given ones. */
export const choices = ['all', 'largest', 'given'] as const;

/** What a step of Mem-SGD sends. */
export type Choice = (typeof choices)[number];

/** Sizes of a linear model and of a run of steps over it. */
export interface MemSgdSizes {
  /** Whether features are [rows, features]; then there are no row starts and columns. */
  readonly dense: boolean;
  readonly features: number;
  /** 1: two classes, told apart by the sign of one logit. */
  readonly classes: number;
  /** Steps to do. */
  readonly count: number;
  /** Entries that a step sends, where it does not send all. */
  readonly k: number;
  readonly workers: number;
  /** Weight of the regularizer lambda / 2 |x|^2. */
  readonly lambda: number;
  /** Factor of what is sent: d / k makes rand-k without memory unbiased. */
  readonly scale: number;
  /** Whether what is not sent is kept for later. */
  readonly remembers: boolean;
  /** Whether a weighted sum of the models is kept; with one worker only. */
  readonly averages: boolean;
  /** Whether threads change entries of the model by compare-and-exchange, so that no change is lost. */
  readonly atomic: boolean;
}

/** An interface cannot be mapped over by `KernelExtension`; a type can. */
export type SparseSgdKernels = {
  /**
   * `count` steps of Algorithm 1; with several workers of Algorithm 2, each with a memory of its own, on as many threads as there are,
   * where no two runs need be alike. Step s: v = memory + rates[s] (gradient at row order[s] + lambda x); g = the chosen entries of v; x -= g; memory = v - g.
   *
   * Rows: rowStart int32 [rows + 1], columns int32, values float32; or values [rows, features]. labels float32 [rows]: -1 and 1, or the class.
   * All else that is real is float64: rates and weights [count], x [features, classes], memory [workers, features, classes], sums
   * [features, classes] (+= weights[s] x after step s). sent int32 [count, k]: the entries that steps may send, which `largest` chooses
   * itself; then those that they did send, -1 in the place of each that had nothing to send. counter int32 [1]: the next step, 0 at the
   * beginning, then count.
   */
  memSgd(
    rowStart: Buffer,
    columns: Buffer,
    values: Buffer,
    labels: Buffer,
    order: Buffer,
    rates: Buffer,
    weights: Buffer,
    x: Buffer,
    memory: Buffer,
    sums: Buffer,
    sent: Buffer,
    counter: Buffer,
    choice: Choice,
    sizes: MemSgdSizes,
  ): void;
  /**
   * The k entries of largest magnitude of x [n], 1 <= k <= n: indices int32 [k], ascending, and values [k]. Ties: the lower index. notFinite int32 [1]: how
   * many of x are NaN or infinite (if there are, the rest is of no use).
   */
  topK(x: Buffer, indices: Buffer, values: Buffer, notFinite: Buffer, n: number, k: number): void;
  /**
   * QSGD's levels of x [n] for uniforms [n] in [0, 1), one norm for each `bucket` entries: norms float [buckets], at most the largest
   * finite number, not finite where an entry is not; levels int16 (2 bytes an entry of a uint8 buffer: devices have no such type),
   * sign(x) (floor(l) + [u < l - floor(l)]) with l = s |x| / norm, at most s.
   */
  qsgd(x: Buffer, uniforms: Buffer, levels: Buffer, norms: Buffer, n: number, s: number, bucket: number): void;
};

/** Keys and queries that heads share: the canonical decomposition of a trained layer's scores (the paper's section 4). */
import { breather } from '@saccade/nn';
import {
  checkOptions,
  type DType,
  type Matrix,
  OptionError,
  Rng,
  requireCount,
  requireFrom,
  requireOneOf,
  ShapeError,
  type Tensor,
  tensor,
} from '@saccade/tensor';
import { Alternation, type Fit } from './als.js';
import { Calibration } from './calibration.js';
import { concatenatedFactors } from './concatenated.js';
import type { Factors } from './factors.js';
import { HeadSvds } from './head-svd.js';
import { rankForError } from './rank-for-error.js';
import type { ScoreTensor } from './score-tensor.js';
import { hostMatrix, type ScoreLayout, scoresOf } from './scores-of.js';
import { bestOf, type DecomposeProgress, type Search, type StartName } from './search.js';

/** What is decomposed, and how. */
export interface DecomposeOptions extends ScoreLayout {
  /** The shared dimension. */
  readonly rank?: number | undefined;
  /** Instead of it: the largest relative error; the smallest rank is sought that keeps it. */
  readonly maxError?: number | undefined;
  /**
   * Where the iteration begins. `auto` (default): singular values of each head, generalised eigenvectors where the rank is at most 128, and `restarts` normal
   * starts, of which the best goes on.
   */
  readonly init?: StartName | 'auto' | undefined;
  /** Of the random starts. Default 0. */
  readonly seed?: number | undefined;
  /** How many random starts. Default 1. */
  readonly restarts?: number | undefined;
  /** Stops where the relative error changes by less in a sweep. Default 1e-6, as the release. */
  readonly tolerance?: number | undefined;
  /** Sweeps at most; 0 takes the best start as it is. Default 100, as the release. */
  readonly maxIterations?: number | undefined;
  /** States [count, width] that the layer sees: then the error of the scores on them is made small, and told, in the place of that of weights. */
  readonly calibration?: Tensor | undefined;
  /** States that the keys are made of, in cross attention. Default: `calibration`. */
  readonly keyCalibration?: Tensor | undefined;
  /** Stops between sweeps. */
  readonly signal?: AbortSignal | undefined;
  /** Called after each sweep. */
  readonly onProgress?: ((progress: DecomposeProgress) => void) | undefined;
}

const names = [
  'heads',
  'keyHeads',
  'rank',
  'maxError',
  'init',
  'seed',
  'restarts',
  'tolerance',
  'maxIterations',
  'calibration',
  'keyCalibration',
  'signal',
  'onProgress',
] as const;

/** Shared projections and mixing. The tensors are the caller's, in the element type of the weights. */
export interface Decomposition {
  /** [rank, query width]: a `query.weight`. */
  readonly query: Tensor;
  /** [heads, rank]. */
  readonly mixing: Tensor;
  /** [rank, key width]: a `key.weight`. */
  readonly key: Tensor;
  readonly rank: number;
  /** |T - sum_r A_r o M_r o B_r| / |T|, T being the heads' W_Q^T W_K; 0 for weights of zero. */
  readonly error: number;
  /** The same of each head. */
  readonly headErrors: readonly number[];
  /** Sweeps of the start that was kept. */
  readonly iterations: number;
  /** Whether the error had stopped changing. */
  readonly converged: boolean;
  /** Where it began; `concatenated` for ranks from heads x dims on, which are exact. */
  readonly start: StartName | 'concatenated';
  /** The error after each sweep. */
  readonly history: readonly number[];
  /** That of the best truncation of each head by itself, to `rank` values together: no larger error is ever given. */
  readonly headSvdError: number;
}

/**
 * W_Qh^T W_Kh ~ A diag(M_h) B^T for all heads, with A and B shared: T[q, h, k] ~ sum_r A[q, r] M[h, r] B[k, r], by alternating least squares in float64 that never
 * builds the tensor. From a rank of heads x dims on it is exact. Biases are not part of it: see `fromConcatenated`.
 * @param queryWeight [heads dims, query width], as a linear layer stores it @param keyWeight [key heads dims, key width]
 * @throws {ShapeError} for weights that do not fit together @throws {OptionError} for weights that are not finite, and options that do not fit
 * @throws the signal's reason
 */
export async function decompose(
  queryWeight: Tensor,
  keyWeight: Tensor,
  options: DecomposeOptions,
): Promise<Decomposition> {
  const op = 'decompose';
  checkOptions(op, options, names);
  const scores = await scoresOf(op, queryWeight, keyWeight, options);
  const calibration = await calibrationOf(op, scores, options);
  const { signal } = options;
  signal?.throwIfAborted();
  const weighted = calibration === undefined ? scores : calibration.weighted(scores);
  const search = searchOf(op, weighted, options);
  const { rank, fit, ...how } = await found(op, search, options);
  const factors =
    calibration !== undefined && how.start !== 'concatenated' ? calibration.restored(fit.factors) : fit.factors;
  const { dtype } = queryWeight;
  return { ...tensorsOf(factors, dtype), rank, error: fit.error, headErrors: fit.headErrors, ...how };
}

async function calibrationOf(
  op: string,
  { query, key }: ScoreTensor,
  { calibration, keyCalibration = calibration }: DecomposeOptions,
): Promise<Calibration | undefined> {
  if (calibration === undefined || keyCalibration === undefined) {
    if (calibration === keyCalibration) return undefined;
    throw new OptionError(`${op}: keyCalibration needs calibration, the states of the queries`);
  }
  const states = await hostMatrix(op, 'calibration', calibration);
  const keyStates = keyCalibration === calibration ? states : await hostMatrix(op, 'keyCalibration', keyCalibration);
  if (states.columns !== query.columns || keyStates.columns !== key.columns) {
    throw new ShapeError(
      `${op}: states are ${states.columns} and ${keyStates.columns} wide, the weights take ${query.columns} and ${key.columns}`,
    );
  }
  return new Calibration(states, keyStates);
}

function searchOf(op: string, tensor_: ScoreTensor, options: DecomposeOptions): Search {
  const { init = 'auto', seed = 0, restarts = 1, tolerance = 1e-6, maxIterations = 100, signal, onProgress } = options;
  requireOneOf(op, 'init', init, ['auto', 'head-svd', 'gevd', 'normal', 'uniform']);
  requireCount(op, 'restarts', restarts, 0);
  requireFrom(op, 'tolerance', tolerance);
  requireCount(op, 'maxIterations', maxIterations, 0);
  return {
    alternation: new Alternation(tensor_),
    svds: new HeadSvds(tensor_),
    init,
    rng: new Rng(seed),
    restarts,
    tolerance,
    maxIterations,
    signal,
    onProgress,
    breathe: breather(),
  };
}

/** What was found, and how. */
interface Found {
  readonly rank: number;
  readonly fit: Fit;
  readonly iterations: number;
  readonly converged: boolean;
  readonly start: Decomposition['start'];
  readonly history: readonly number[];
  readonly headSvdError: number;
}

async function found(op: string, search: Search, { rank, maxError }: DecomposeOptions): Promise<Found> {
  if ((rank === undefined) === (maxError === undefined)) {
    throw new OptionError(`${op}: takes a rank or a maxError, got ${rank === undefined ? 'neither' : 'both'}`);
  }
  if (maxError !== undefined) {
    requireFrom(op, 'maxError', maxError);
    let result = await atRank(search, await rankForError(search, maxError));
    // Another start than the one that promised it may come out worse.
    while (result.fit.error > maxError) result = await atRank(search, result.rank + 1);
    return result;
  }
  return atRank(search, requireCount(op, 'rank', rank as number));
}

async function atRank(search: Search, rank: number): Promise<Found> {
  const { alternation, svds } = search;
  const { tensor: scores } = alternation;
  if (rank >= scores.query.rows || alternation.norm === 0) {
    const factors = concatenatedFactors(scores, rank, alternation.norm === 0);
    const fit: Fit = { ...alternation.fit(factors), error: 0, headErrors: new Array<number>(scores.heads).fill(0) };
    return { rank, fit, iterations: 0, converged: true, start: 'concatenated', history: [], headSvdError: 0 };
  }
  return { rank, ...(await bestOf(search, rank)), headSvdError: svds.error(rank) };
}

function tensorsOf({ query, mixing, key }: Factors, dtype: DType): { query: Tensor; mixing: Tensor; key: Tensor } {
  const turned = ({ rows, columns, data }: Matrix): Tensor => {
    const values = data.map((_, i) => data[(i % rows) * columns + Math.floor(i / rows)]!);
    return tensor(values, { shape: [columns, rows], dtype });
  };
  const shape = [mixing.rows, mixing.columns];
  return { query: turned(query), mixing: tensor(mixing.data, { shape, dtype }), key: turned(key) };
}

/** Several starts, of which the best is kept: never worse than the truncation of each head by itself. */
import type { Rng } from '@saccade/tensor';
import type { Alternation, Fit } from './als.js';
import type { Factors } from './factors.js';
import { Subspaces } from './gevd.js';
import type { HeadSvds } from './head-svd.js';
import { normalStart, uniformStart } from './random-start.js';

/** Where an iteration begins. */
export type StartName = 'head-svd' | 'gevd' | 'normal' | 'uniform';

/** How far the iteration is. */
export interface DecomposeProgress {
  readonly start: StartName;
  readonly rank: number;
  readonly iteration: number;
  readonly error: number;
}

/** All that a search needs. */
export interface Search {
  readonly alternation: Alternation;
  readonly svds: HeadSvds;
  readonly init: StartName | 'auto';
  readonly rng: Rng;
  readonly restarts: number;
  readonly tolerance: number;
  readonly maxIterations: number;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: ((progress: DecomposeProgress) => void) | undefined;
  /** Lets other work go on, now and then. */
  readonly breathe: () => Promise<void>;
}

/** One start, as far as it has come. */
export interface Course {
  readonly start: StartName;
  readonly fit: Fit;
  readonly iterations: number;
  readonly converged: boolean;
  /** The error after each sweep. */
  readonly history: readonly number[];
}

/** Pairs of random weights that the generalised eigenvectors are tried with. */
const PAIRS = 4;
/** The largest rank for which they are tried unasked: their time grows with its third power. */
const MOST_GEVD = 128;
/** Keeps collinear factors from stalling. */
const RIDGE = 1e-10;
/** Multiply-adds of a sweep below which every start is followed to its end. */
const CHEAP = 5e6;
/** Sweeps of each start before the best alone goes on, where they are dear. */
const RACE = 10;

/** Whether every start can be followed to its end. */
function isCheap({ alternation }: Search, rank: number): boolean {
  const { query } = alternation.tensor;
  return 2 * query.rows * query.columns * rank < CHEAP;
}

/** A bound of the error at a rank: that of the whole search, or where it would be dear that of a few sweeps from the singular values. */
export async function errorWithin(search: Search, rank: number): Promise<number> {
  if (isCheap(search, rank)) return (await bestOf(search, rank)).fit.error;
  const fit = search.alternation.fit(search.svds.factors(rank));
  const begun = { start: 'head-svd', fit, iterations: 0, converged: false, history: [] } as const;
  return (await followed(search, begun, Math.min(RACE, search.maxIterations))).fit.error;
}

/** The best course among all starts. */
export async function bestOf(search: Search, rank: number): Promise<Course> {
  const { alternation, maxIterations, svds } = search;
  const race = isCheap(search, rank) ? maxIterations : Math.min(RACE, maxIterations);
  let best: Course | undefined;
  for (const [start, factors] of starts(search, rank)) {
    const begun = { start, fit: alternation.fit(factors), iterations: 0, converged: false, history: [] };
    const course = await followed(search, begun, race);
    if (best === undefined || course.fit.error < best.fit.error) best = course;
  }
  const course = await followed(search, best as Course, maxIterations);
  // Whatever the starts were: the truncation is at hand, and sweeps make it no worse.
  if (course.fit.error <= svds.error(rank)) return course;
  const truncated = { start: 'head-svd', fit: alternation.fit(svds.factors(rank)), iterations: 0 } as const;
  const other = await followed(search, { ...truncated, converged: false, history: [] }, maxIterations);
  return other.fit.error < course.fit.error ? other : course;
}

/** The starts that were asked for, one at a time. */
function* starts({ alternation, svds, init, rng, restarts }: Search, rank: number): Generator<[StartName, Factors]> {
  const { tensor } = alternation;
  const isWanted = (name: StartName): boolean => init === name || init === 'auto';
  const streams = rng.derive(rank).split(3);
  const fits = rank <= Math.min(tensor.query.columns, tensor.key.columns, tensor.query.rows, tensor.key.rows);
  if (isWanted('head-svd')) yield ['head-svd', svds.factors(rank)];
  if (fits && (init === 'gevd' || (init === 'auto' && rank <= MOST_GEVD))) {
    const subspaces = new Subspaces(tensor, rank, streams[0] as Rng);
    for (let pair = 0; pair < PAIRS; pair++) {
      const factors = subspaces.start(streams[0] as Rng);
      if (factors?.query.data.every(Number.isFinite)) yield ['gevd', factors];
    }
  }
  const random = isWanted('normal') ? Math.max(restarts, init === 'normal' ? 1 : 0) : 0;
  for (let i = 0; i < random; i++) yield ['normal', normalStart(tensor, rank, streams[1] as Rng)];
  for (let i = 0; init === 'uniform' && i < Math.max(1, restarts); i++) {
    yield ['uniform', uniformStart(tensor, rank, streams[2] as Rng)];
  }
  // No such eigenvectors: the safe start.
  if (init === 'gevd') yield ['head-svd', svds.factors(rank)];
}

/** Sweeps until the error stops changing, or up to so many in all. Sweeps that make it worse, by rounding, are not kept. */
async function followed(search: Search, course: Course, limit: number): Promise<Course> {
  const { alternation, tolerance, signal, onProgress, breathe } = search;
  let { fit, iterations, converged } = course;
  const history = [...course.history];
  while (iterations < limit && !converged) {
    await breathe();
    signal?.throwIfAborted();
    const next = alternation.sweep(fit, { ridge: RIDGE, balance: true });
    iterations++;
    // As the release: never after the first sweep.
    converged = history.length > 0 && Math.abs((history.at(-1) as number) - next.error) < tolerance;
    const isWorse = !(next.error <= fit.error);
    if (isWorse) converged = true;
    else fit = next;
    history.push(fit.error);
    onProgress?.({ start: course.start, rank: fit.factors.mixing.columns, iteration: iterations, error: fit.error });
  }
  return { start: course.start, fit, iterations, converged, history };
}

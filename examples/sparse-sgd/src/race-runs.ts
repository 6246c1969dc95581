/** The runs of a race of top-k against rand-k. */
import type { Context, Point } from '@saccade/lab';
import { type LinearData, type ParallelMemSGDResult, parallelMemSGD } from '@saccade/sparse-sgd';

/** Who races on what. */
export interface Race {
  readonly title: string;
  readonly k: number;
  readonly rate: string;
  readonly epochs: number;
  /** How often in an epoch the loss is taken. Workers meet there, so it is not to be often. */
  readonly evaluations: number;
  readonly workers: readonly number[];
  readonly seeds: number;
  load(context: Context): Promise<LinearData>;
  /** Losses to be reached, the one that counts first. Default: those of one worker's SGD after a half and a quarter of an epoch, and after one if there are more. */
  readonly losses?: readonly number[];
}

/** What came of one kind with so many workers. */
export interface Lane {
  readonly kind: 'top' | 'rand';
  readonly workers: number;
  /** Loss by updates of all workers together, for each seed; without the start. */
  readonly curves: readonly (readonly Point[])[];
  /** Their mean. */
  readonly mean: readonly Point[];
  /** An update of the fastest run. */
  readonly microseconds: number;
  /** Workers that sent something, the mean of all seeds. */
  readonly atWork: number;
}

function curveOf({ curve }: ParallelMemSGDResult): Point[] {
  return curve.slice(1).map(({ step, loss }) => [step, loss]);
}

function meanOf(curves: readonly (readonly Point[])[]): Point[] {
  return curves[0]!.map(([step], i) => [step, curves.reduce((sum, curve) => sum + curve[i]![1], 0) / curves.length]);
}

/** Workers whose memory is not empty. */
function countAtWork({ memory, weights }: ParallelMemSGDResult): number {
  const size = weights.length;
  const starts = Array.from({ length: memory.length / size }, (_, worker) => worker * size);
  return starts.filter((start) => memory.subarray(start, start + size).some((value) => value !== 0)).length;
}

function laneOf(kind: 'top' | 'rand', workers: number, runs: readonly ParallelMemSGDResult[]): Lane {
  const curves = runs.map(curveOf);
  return {
    ...{ kind, workers, curves, mean: meanOf(curves) },
    microseconds: 1e6 / Math.max(...runs.map(({ stepsPerSecond }) => stepsPerSecond)),
    atWork: runs.reduce((sum, run) => sum + countAtWork(run), 0) / runs.length,
  };
}

/** Runs all, and SGD by one worker, whose mean curve is given without the start. */
export async function runLanes(
  race: Race,
  data: LinearData,
  context: Context,
): Promise<{ readonly sgd: Point[]; readonly lanes: Lane[] }> {
  const { epochs, evaluations, rate, seeds, k } = race;
  const total = 1 + 2 * race.workers.length;
  let done = 0;
  const run = async (compress: string, workers: number): Promise<ParallelMemSGDResult[]> => {
    const runs: ParallelMemSGDResult[] = [];
    for (let i = 0; i < seeds; i++) {
      const seed = context.seed + i;
      const options = { compress, workers, rate, epochs, evaluations, start: 0.01, seed, signal: context.signal };
      runs.push(await parallelMemSGD(data, options));
      await context.progress((done + (i + 1) / seeds) / total, `${compress}, workers ${workers}`);
    }
    done++;
    return runs;
  };
  const sgd = meanOf((await run('none', 1)).map(curveOf));
  const lanes: Lane[] = [];
  for (const workers of race.workers) {
    for (const kind of ['top', 'rand'] as const) {
      lanes.push(laneOf(kind, workers, await run(`${kind}-k:${k}`, workers)));
    }
  }
  return { sgd, lanes };
}

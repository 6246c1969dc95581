/** A race of top-k against rand-k: which of them needs fewer updates of many workers to come to a loss. */
import { type Context, chart, type Figure, type Outcome, type Point, table } from '@saccade/lab';
import { machine } from './machine.js';
import { type Lane, type Race, runLanes } from './race-runs.js';

/** Updates until the loss is there, between points on a line of the logarithm; infinite if it never is. */
export function updatesUntil(points: readonly Point[], loss: number): number {
  const i = points.findIndex(([, y]) => y <= loss);
  if (i < 1) return i < 0 ? Number.POSITIVE_INFINITY : points[0]![0];
  const [[x0, y0], [x1, y1]] = [points[i - 1]!, points[i]!];
  return x0 + ((x1 - x0) * Math.log(y0 / loss)) / Math.log(y0 / y1);
}

const geometricMean = (values: readonly number[]): number =>
  Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);

/** Mean updates of all seeds until the loss, where each came to it. */
function meanUpdates({ curves }: Lane, loss: number): number {
  return geometricMean(curves.map((curve) => updatesUntil(curve, loss)));
}

/**
 * Updates of rand-k over those of top-k, the mean of all seeds; at least so many where rand-k does not get there. NaN if top-k does not.
 */
function ratioOf(lanes: readonly Lane[], workers: number, loss: number): number {
  const [top, rand] = (['top', 'rand'] as const).map(
    (kind) => lanes.find((lane) => lane.kind === kind && lane.workers === workers)!.curves,
  );
  return geometricMean(
    top!.map((curve, seed) => {
      const [own, other] = [updatesUntil(curve, loss), updatesUntil(rand![seed]!, loss)];
      return Number.isFinite(own) ? Math.min(other, rand![seed]!.at(-1)![0]) / own : Number.NaN;
    }),
  );
}

const shown = (value: number, digits: number): string | number =>
  Number.isFinite(value) ? Number(value.toPrecision(digits)) : 'not reached';

function figures(race: Race, lanes: readonly Lane[], losses: readonly number[]): Figure[] {
  const name = ({ kind, workers }: Lane): string => `${kind}-${race.k}, ${workers} worker${workers > 1 ? 's' : ''}`;
  const loss = losses[0]!;
  return [
    chart({
      title: `Loss of the last model by updates, ${race.title}`,
      caption: `Mean of ${race.seeds} seed${race.seeds > 1 ? 's' : ''}; updates of all workers together.`,
      x: { label: 'updates' },
      y: { label: 'loss', log: true },
      series: lanes.map((lane) => ({ name: name(lane), points: lane.mean })),
      rules: [{ y: loss, label: 'to be reached' }],
    }),
    table({
      title: `Until the loss was ${loss.toPrecision(4)}, ${race.title}`,
      caption:
        'A worker is at work if it ever sent something; on busy cores some never come to that between two looks at the loss.',
      head: ['', 'updates', 'µs an update', 'workers at work', 'loss at the end'],
      rows: lanes.map((lane) => [
        name(lane),
        shown(meanUpdates(lane, loss), 4),
        shown(lane.microseconds, 3),
        shown(lane.atWork, 3),
        shown(lane.mean.at(-1)![1], 5),
      ]),
    }),
    table({
      title: `Updates of rand-${race.k} over those of top-${race.k} to a loss, ${race.title}`,
      head: ['workers', ...losses.map((one) => one.toPrecision(3))],
      rows: race.workers.map((workers) => [workers, ...losses.map((one) => shown(ratioOf(lanes, workers, one), 3))]),
    }),
  ];
}

/** Runs it; measured is the least ratio of all numbers of workers, at the first loss. */
export async function runRace(race: Race, context: Context): Promise<Outcome> {
  const { sgd, lanes } = await runLanes(race, await race.load(context), context);
  const afterEpochs = (epochs: number): number => sgd[Math.round(race.evaluations * epochs) - 1]![1];
  const losses = race.losses ?? (race.epochs > 1 ? [0.5, 0.25, 1] : [0.5, 0.25]).map(afterEpochs);
  return {
    measured: Math.min(...race.workers.map((workers) => ratioOf(lanes, workers, losses[0]!))),
    baseline: updatesUntil(sgd, losses[0]!) / updatesUntil(lanes[0]!.mean, losses[0]!),
    figures: figures(race, lanes, losses),
    notes: [machine()],
  };
}

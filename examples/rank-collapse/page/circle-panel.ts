/** The panel of the circle: one layer without a skip and one with it, applied again and again while they learn. */
import { shortNumber } from '@saccade/pictures';
import {
  CircleNetwork,
  circleTask,
  recur,
  type Trajectory,
  trainCircle,
  trajectoryChart,
} from '@saccade/rank-collapse';
import { dispose, Rng, scope, tensor } from '@saccade/tensor';
import { draw } from './draw.js';
import { panel } from './panel.js';

const radius = 0.3;
/** From outside of the circle the cubic map of pure attention grows instead. */
const start = 0.9 * radius;
const applications = 25;
/** Tokens that run away would leave the rest too small to be seen. */
const farthest = 2 * radius;
const [epochs, every] = [94, 50];

const kinds = [
  { name: 'without a skip', skip: false },
  { name: 'with a skip', skip: true },
] as const;

/** Starts to listen. */
export function circlePanel(): void {
  panel('circle', async ({ say, progress }, signal) => {
    say('Trains …');
    const task = circleTask({ radius, advance: 10 });
    const shown: Trajectory[] = [];
    try {
      for (const [i, { name, skip }] of kinds.entries()) {
        using network = new CircleNetwork({ skip, rng: new Rng(1) });
        const show = async (): Promise<void> => {
          shown[i] = await trajectoryOf(network, name);
          draw('trajectories', (size) => trajectoryChart(shown, size));
        };
        await show();
        await trainCircle(network, task, {
          ...{ epochs, batch: 64, rate: 3e-3, signal },
          async onProgress(done, { epoch, step, steps, loss }) {
            progress((i + done) / kinds.length, `${name}, loss ${loss.toExponential(1)}`);
            if ((epoch * steps + step) % every === 0) await show();
          },
        });
        await show();
      }
    } finally {
      dispose(task);
    }
    say(`Done: ${shown.map((one) => `${one.name} both tokens end ${gapOf(one)} apart`).join(', ')}.`);
  });
}

function trajectoryOf(network: CircleNetwork, name: string): Promise<Trajectory> {
  return scope(async () => {
    const places = recur(network, tensor([start, 0, -start, 0], { shape: [2, 2] }), applications);
    const values = await places.data<'float32'>();
    const path = (token: 0 | 1) =>
      Array.from({ length: applications + 1 }, (_, step) => placeOf(values, 4 * step + 2 * token));
    return { name, tokens: [path(0), path(1)] };
  });
}

/** Nowhere, if it is too far away: the chart ends the path there. */
function placeOf(values: Float32Array, at: number): readonly [x: number, y: number] {
  const [x, y] = [values[at] as number, values[at + 1] as number];
  return Math.hypot(x, y) > farthest ? [Number.NaN, Number.NaN] : [x, y];
}

/** Between both tokens in the end. */
function gapOf({ tokens }: Trajectory): string {
  const [a, b] = tokens.map((path) => path.at(-1)!) as [readonly [number, number], readonly [number, number]];
  const gap = Math.hypot(a[0] - b[0], a[1] - b[1]);
  return Number.isFinite(gap) ? shortNumber(gap) : 'far';
}

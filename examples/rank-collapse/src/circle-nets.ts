/** Four networks of one layer that have learned to walk along a circle, and where two tokens go when they are applied again and again. */
import type { Context } from '@saccade/lab';
import { CircleNetwork, circleTask, recur, trainCircle } from '@saccade/rank-collapse';
import { dispose, Rng, scope, type Tensor, tensor } from '@saccade/tensor';

/** A network, and the way of two tokens through it. */
export interface CircleRun {
  readonly name: string;
  readonly skip: boolean;
  readonly mlp: boolean;
  /** Both tokens before the first step and behind each. */
  readonly places: readonly (readonly [Place, Place])[];
}

/** A point of the plane. */
export type Place = readonly [x: number, y: number];

/** Applications. */
export const APPLICATIONS = 5;
const RADIUS = 0.3;
/** Tokens start so far inside: from outside of the circle the cubic map of pure attention grows instead. */
const INSIDE = 0.9;

const kinds = [
  { name: 'attention alone', skip: false, mlp: false },
  { name: 'attention and MLP', skip: false, mlp: true },
  { name: 'attention with skip', skip: true, mlp: false },
  { name: 'attention with skip, and MLP', skip: true, mlp: true },
] as const;

const known = new Map<number, readonly CircleRun[]>();

/** Trained once for each seed. */
export async function circleRuns({ seed, signal, progress }: Context): Promise<readonly CircleRun[]> {
  const found = known.get(seed);
  if (found !== undefined) return found;
  const runs: CircleRun[] = [];
  const task = circleTask({ radius: RADIUS, advance: 10 });
  for (const kind of kinds) {
    const { name, skip, mlp } = kind;
    using network = new CircleNetwork({ skip, mlp, rng: new Rng(seed) });
    await trainCircle(network, task, {
      ...{ epochs: 94, batch: 64, rate: 3e-3, seed, signal },
      onProgress: (done) => progress((runs.length + done) / kinds.length, name),
    });
    runs.push({ ...kind, places: await walk(network) });
  }
  dispose(task);
  known.set(seed, runs);
  return runs;
}

function walk(network: CircleNetwork): Promise<CircleRun['places']> {
  return scope(async () => {
    const start = tensor([INSIDE * RADIUS, 0, -INSIDE * RADIUS, 0], { shape: [2, 2] });
    return placesOf(recur(network, start, APPLICATIONS));
  });
}

async function placesOf(trajectory: Tensor): Promise<CircleRun['places']> {
  const values = await trajectory.data<'float32'>();
  const place = (i: number): Place => [values[i] as number, values[i + 1] as number];
  return Array.from({ length: values.length / 4 }, (_, step) => [place(4 * step), place(4 * step + 2)] as const);
}

/** How far apart the tokens are after each application. */
export function gaps({ places }: CircleRun): number[] {
  return places.map(([a, b]) => Math.hypot(a[0] - b[0], a[1] - b[1]));
}

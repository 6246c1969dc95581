/** Learning the convex hull: which of some points in the plane are its corners (the paper's section 4.2). */
import {
  checkOptions,
  createJsDevice,
  type Rng,
  requireAbove,
  requireCount,
  requireFrom,
  requireRng,
  scope,
  tensor,
} from '@saccade/tensor';
import { hullLabels } from './hull-labels.js';
import type { PlanePoint } from './orientation.js';
import { type LabelledTokens, mostFrequentShare, type TokenTask } from './task.js';

/** Options of `convexHullTask`. */
export interface ConvexHullTaskOptions {
  readonly rng: Rng;
  /** Points of a set. Default 10. */
  readonly points?: number | undefined;
  /** Points are uniform in [0, size]^2. Default 10. */
  readonly size?: number | undefined;
  /** Deviation of the normal shift, one a set and coordinate, that all points of a set are moved by. Default 3.3, the release's. */
  readonly shift?: number | undefined;
  /** Sets to train on. Default 10000. */
  readonly train?: number | undefined;
  /** Sets to test on. Default 300. */
  readonly test?: number | undefined;
}

/** Sets of points, and for each point 1 if it is on the hull of its set, else 0. @throws {OptionError} for counts that are no whole numbers from 1, and a size that is not above 0 */
export function convexHullTask(options: ConvexHullTaskOptions): TokenTask {
  const op = 'convexHullTask';
  const names = ['rng', 'points', 'size', 'shift', 'train', 'test'] as const;
  const { points = 10, size = 10, shift = 3.3, train = 10_000, test = 300 } = checkOptions(op, options, names);
  const rng = requireRng(op, options.rng);
  for (const [name, count] of Object.entries({ points, train, test })) requireCount(op, name, count);
  requireAbove(op, 'size', size);
  requireFrom(op, 'shift', shift);
  return scope(() => {
    const draw = (sets: number): LabelledSets => labelledSets(drawSets(rng, [sets, points, 2], size, shift));
    const [trained, tested] = [draw(train), draw(test)];
    return {
      form: { coordinates: 2, ffn2: true, labels: 2 },
      train: trained.tokens,
      test: tested.tokens,
      trivial: mostFrequentShare(tested.labels),
    };
  });
}

/** Points as a network sees them, in float32. */
interface Coordinates {
  readonly shape: readonly [sets: number, points: number, two: number];
  readonly values: Float32Array;
}

interface LabelledSets {
  readonly tokens: LabelledTokens;
  readonly labels: Int32Array;
}

/** On the host, whatever the device. */
function drawSets(rng: Rng, shape: Coordinates['shape'], size: number, shift: number): Coordinates {
  const device = createJsDevice();
  const inside = rng.uniform(shape, { high: size, device });
  const moved = rng.normal([shape[0], 1, 2], { deviation: shift, device });
  return { shape, values: inside.add(moved).dataSync<'float32'>().slice() };
}

function labelledSets({ shape, values }: Coordinates): LabelledSets {
  const [sets, points] = shape;
  const labels = new Int32Array(sets * points);
  for (let set = 0; set < sets; set++) {
    const from = set * points;
    const one = Array.from(
      { length: points },
      (_, i): PlanePoint => [values[2 * (from + i)]!, values[2 * (from + i) + 1]!],
    );
    labels.set(hullLabels(one), from);
  }
  return { tokens: { inputs: tensor(values, { shape }), labels: tensor(labels, { shape: [sets, points] }) }, labels };
}

/** Rotated MNIST at 14 x 14 pixels, and the networks that learn it. */
import {
  GroupAttentionNet,
  type GroupName,
  groups,
  halveImages,
  loadRotatedMnist,
  symmetrise,
} from '@saccade/equivariant-attention';
import type { Context } from '@saccade/lab';
import { dispose, Rng } from '@saccade/tensor';
import { type Images, rowsOf } from './digits.js';
import { percentRight, train } from './train.js';

/** 10 passes over 10,000 images. */
export const STEPS: number = 10 * 312;
/** 24 passes, which take the plain network about as long as 10 take the other. */
export const LONG: number = 24 * 312;
/** Steps between two looks at the validation images. */
const EVERY = 156;

/** Images to learn from, to look at on the way, and to test with in the end. */
interface Data {
  readonly train: Images;
  readonly validation: Images;
  readonly test: Images;
}

async function rotatedDigits(folder: string, signal: AbortSignal): Promise<Data> {
  const { train: all, test } = await loadRotatedMnist(folder, { signal });
  const halved = ({ images, labels }: Images): Images => ({ images: halveImages(images), labels });
  const rows = (from: number, to: number): Int32Array => Int32Array.from({ length: to - from }, (_, i) => from + i);
  const parts = {
    train: halved(rowsOf(all, rows(0, 10_000))),
    validation: halved(rowsOf(all, rows(10_000, 12_000))),
    test: halved(test),
  };
  dispose([all, test.images]);
  return parts;
}

/** The first layer sees 5 x 5 pixels; then a pool to 7 x 7, and two layers that see 3 x 3. */
function rotatedNet(group: GroupName, seed: number): GroupAttentionNet {
  return new GroupAttentionNet({
    ...{ group, size: 14, classes: 10, channels: 16, heads: 4, liftingPatch: 5, patch: 3, blocks: [2] },
    poolAfterLifting: true,
    rng: new Rng(seed),
  });
}

/** A trained network. */
export interface NetRun {
  /** Test images that are read right, in percent. */
  readonly right: number;
  /** The same of the network averaged over the four turns of each image. */
  readonly symmetrised: number;
  /** Validation images that were read right after so many steps and seconds, in percent. */
  readonly curve: readonly { readonly step: number; readonly seconds: number; readonly right: number }[];
  readonly seconds: number;
}

/** Both networks after as many steps, and the plain one after about as long. */
export interface RotatedRun {
  readonly z2: NetRun;
  readonly p4: NetRun;
  readonly long: NetRun;
}

const runs = new Map<number, RotatedRun>();

/** Trained once for each seed. */
export async function rotatedRun(context: Context): Promise<RotatedRun> {
  const found = runs.get(context.seed);
  if (found !== undefined) return found;
  const { seed, signal, data: find } = context;
  const data = await rotatedDigits(find('mnist'), signal);
  const z2 = await trained('z2', STEPS, data, context, [0, 0.15]);
  const long = await trained('z2', LONG, data, context, [0.15, 0.55]);
  const p4 = await trained('p4', STEPS, data, context, [0.55, 1]);
  const run = { z2, long, p4 };
  dispose(data);
  runs.set(seed, run);
  return run;
}

async function trained(
  group: GroupName,
  steps: number,
  { train: images, validation, test }: Data,
  { seed, signal, progress, log }: Context,
  [from, to]: readonly [number, number],
): Promise<NetRun> {
  using net = rotatedNet(group, seed);
  const curve: { step: number; seconds: number; right: number }[] = [];
  const look = async (step: number, seconds: number): Promise<void> => {
    curve.push({ step, seconds, right: await percentRight(net, validation) });
  };
  const { seconds } = await train(net, images, {
    ...{ steps, rate: 1e-2, warmUp: 30, seed, signal },
    onStep: async (step, loss, spent) => {
      if (step % EVERY === 0 && step > 0) await look(step, spent);
      const note = `${group}, step ${step} of ${steps}, loss ${loss.toFixed(3)}`;
      await progress(from + ((to - from) * step) / steps, note);
    },
  });
  await look(steps, seconds);
  const right = await percentRight(net, test);
  const symmetrised = group === 'z2' ? await percentRight(symmetrise(net, groups.p4), test) : right;
  log(`${group}: ${right.toFixed(2)} % of the test images after ${steps} steps in ${seconds.toFixed(0)} s`);
  return { right, symmetrised, curve, seconds };
}

/** The two networks that are compared. */
import type { GroupAttentionNet } from '@saccade/equivariant-attention';
import { loadModule } from '@saccade/nn';
import { digitNet } from '../src/digit-nets.js';
import { digits } from '../src/digits.js';
import { train } from '../src/train.js';

/** Names of the two. */
export const kinds = ['p4', 'z2'] as const;

/** p4 respects quarter turns; z2 is the same network without. */
export type Kind = (typeof kinds)[number];

/** One of each. */
export type Pair = { readonly [K in Kind]: GroupAttentionNet };

/** What people read. */
export const kindNames: { readonly [K in Kind]: string } = { p4: 'p4 network', z2: 'plain network' };

/** The networks of files that `trainPair` and `saveModule` made. */
export async function loadPair(files: { readonly [K in Kind]: Uint8Array }): Promise<Pair> {
  const pair = { p4: digitNet(0, { group: 'p4' }), z2: digitNet(0, { group: 'z2' }) };
  for (const kind of kinds) await loadModule(files[kind], pair[kind]);
  return pair;
}

/** How training is watched. */
export interface TrainWatch {
  readonly signal: AbortSignal;
  /** Awaited before each step. @param share of all that is to do */
  readonly onStep: (share: number, text: string) => Promise<void> | void;
  /** Steps of each network. Default 700. */
  readonly steps?: number;
}

/** Trains both, on upright digits alone, from the same seed. What was made is freed if it is stopped. */
export async function trainPair(seed: number, { signal, onStep, steps = 700 }: TrainWatch): Promise<Pair> {
  const { train: upright, test } = digits();
  const pair = { p4: digitNet(seed, { group: 'p4' }), z2: digitNet(seed, { group: 'z2' }) };
  // A step of p4 takes about three times as long.
  const parts = { p4: [0, 0.75], z2: [0.75, 1] } as const;
  try {
    for (const kind of kinds) {
      const [from, to] = parts[kind];
      await train(pair[kind], upright, {
        ...{ steps, rate: 1e-2, warmUp: Math.min(30, steps - 1), seed, signal },
        onStep: (step, loss) => {
          const shown = Number.isFinite(loss) ? `, loss ${loss.toFixed(2)}` : '';
          return onStep(from + ((to - from) * step) / steps, `${kindNames[kind]}, step ${step} of ${steps}${shown}`);
        },
      });
      pair[kind].eval();
    }
    return pair;
  } catch (error) {
    for (const kind of kinds) pair[kind].dispose();
    throw error;
  } finally {
    for (const { images, labels } of [upright, test]) {
      images.dispose();
      labels.dispose();
    }
  }
}

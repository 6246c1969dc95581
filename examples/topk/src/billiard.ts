/** Billiard: which number is on the rightmost of two or three balls? It takes where a patch is as well as what it shows. */
import { Rng } from '@saccade/tensor';
import { generateBilliard, PatchSelector, type SelectionOptions } from '@saccade/topk';
import type { NeedleData as BilliardData, Watch } from './needle.js';
import { meanPixel, percentRight, train } from './training.js';

/** Images of one seed. */
export async function billiardData(seed: number): Promise<BilliardData> {
  const source = { seed, height: 96, width: 96, minBalls: 2, maxBalls: 3, task: 'rightmost-number' } as const;
  const train = generateBilliard({ ...source, count: 4000 });
  const test = generateBilliard({ ...source, count: 500, split: 'test' });
  return { train, test, mean: await meanPixel(train.images) };
}

/** Four patches, a transformer layer over them that knows their places. */
function billiardSelector(seed: number, selection: SelectionOptions): PatchSelector {
  return new PatchSelector({
    height: 96,
    width: 96,
    classes: 9,
    patches: 4,
    patchSize: 24,
    downscale: 4,
    rng: new Rng(seed),
    scorer: { kind: 'conv', channels: [4, 8, 16], pool: 2 },
    features: { kind: 'conv', channels: [12, 24, 24], outSize: 48 },
    aggregation: { kind: 'transformer', layers: 1, heads: 4, dropout: 0 },
    selection,
  });
}

/** Trains one selector; resolves to it, the losses, and the percentage of test images that it reads. */
export async function trainBilliard(
  data: BilliardData,
  seed: number,
  selection: SelectionOptions,
  watch: Watch,
): Promise<{ selector: PatchSelector; losses: number[]; right: number }> {
  const selector = billiardSelector(seed, selection);
  const recipe = { steps: 2000, batch: 32, rate: 3e-3, warmUp: 50, seed, ...watch };
  const losses = await train(selector, data.train, data.mean, recipe);
  return { selector, losses, right: await percentRight(selector, data.test, data.mean) };
}

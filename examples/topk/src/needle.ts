/** Needle digits: one digit of 16 x 16 pixels among strokes, somewhere in 96 x 96. The network sees a copy of 24 x 24 and four patches. */
import { Rng } from '@saccade/tensor';
import { generateMegapixelDigits, PatchSelector, type SelectionOptions } from '@saccade/topk';
import { type Images, meanPixel, percentRight, train } from './training.js';

/** Training and test images; the digits of the test images are others than those of the training images. */
export interface NeedleData {
  readonly train: Images;
  readonly test: Images;
  readonly mean: number;
}

/** Images of one seed. */
export async function needleData(seed: number): Promise<NeedleData> {
  const train = generateMegapixelDigits({ seed, count: 4000, task: 'needle' });
  const test = generateMegapixelDigits({ seed, count: 500, task: 'needle', split: 'test' });
  return { train, test, mean: await meanPixel(train.images) };
}

/** The small selector of the experiment. */
function needleSelector(seed: number, selection: SelectionOptions): PatchSelector {
  return new PatchSelector({
    height: 96,
    width: 96,
    channels: 1,
    classes: 10,
    patches: 4,
    patchSize: 24,
    downscale: 4,
    rng: new Rng(seed),
    scorer: { kind: 'conv', channels: [4, 8, 16], pool: 2 },
    features: { kind: 'conv', channels: [8, 16, 16], outSize: 32 },
    aggregation: 'max',
    selection,
  });
}

/** How a run is watched. */
export interface Watch {
  readonly signal: AbortSignal;
  readonly onStep: (fraction: number, loss: number) => Promise<void>;
}

/** Trains one selector; resolves to it, the losses, and the percentage of test images that it reads. */
export async function trainNeedle(
  data: NeedleData,
  seed: number,
  selection: SelectionOptions,
  watch: Watch,
  steps = 1500,
): Promise<{ selector: PatchSelector; losses: number[]; right: number }> {
  const selector = needleSelector(seed, selection);
  const recipe = { steps, batch: 32, rate: 4e-3, warmUp: 50, seed, ...watch };
  const losses = await train(selector, data.train, data.mean, recipe);
  return { selector, losses, right: await percentRight(selector, data.test, data.mean) };
}

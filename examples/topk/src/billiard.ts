/** Billiard: which number is on the rightmost of two or three balls? It takes where a patch is as well as what it shows. */
import { Module } from '@saccade/nn';
import { mul, Rng, relu, scope, type Tensor } from '@saccade/tensor';
import {
  Aggregation,
  generateBilliard,
  PatchConvNet,
  PatchSelector,
  type SelectionOptions,
  TransformerAggregation,
} from '@saccade/topk';
import type { NeedleData as BilliardData, Watch } from './needle.js';
import { meanPixel, percentRight, train } from './training.js';

/** Images of one seed. */
export async function billiardData(seed: number): Promise<BilliardData> {
  const source = { seed, height: 96, width: 96, minBalls: 2, maxBalls: 3, task: 'rightmost-number' } as const;
  const train = generateBilliard({ ...source, count: 4000 });
  const test = generateBilliard({ ...source, count: 500, split: 'test' });
  return { train, test, mean: await meanPixel(train.images) };
}

/** Features of a patch, no negative ones. */
class PositiveFeatures extends Module<[patches: Tensor]> {
  readonly network: PatchConvNet;

  constructor(rng: Rng) {
    super();
    this.network = new PatchConvNet({ rng, patchSize: 24, channels: [12, 24, 24], outSize: 48 });
  }

  get outSize(): number {
    return this.network.outSize;
  }

  override forward(patches: Tensor): Tensor {
    return scope(() => relu(this.network.forward(patches)));
  }
}

/** The sum over tokens of one transformer layer that knows the patches' places, over the root of their number. */
class ScaledSum extends Aggregation {
  readonly transformer: TransformerAggregation;
  readonly #scale: number;

  constructor(rng: Rng, patches: number, positions: number) {
    super();
    this.transformer = new TransformerAggregation(48, {
      rng,
      positions,
      layers: 1,
      heads: 4,
      dropout: 0,
      pooling: 'sum',
    });
    this.#scale = 1 / Math.sqrt(patches);
  }

  get outSize(): number {
    return this.transformer.outSize;
  }

  override forward(representations: Tensor, indicators: Tensor): Tensor {
    return scope(() => mul(this.transformer.forward(representations, indicators), this.#scale));
  }
}

/** Four patches, a transformer layer over them that knows their places. */
function billiardSelector(seed: number, selection: SelectionOptions): PatchSelector {
  const [ofSelector, ofFeatures, ofAggregation] = new Rng(seed).split(3) as [Rng, Rng, Rng];
  return new PatchSelector({
    height: 96,
    width: 96,
    classes: 9,
    patches: 4,
    patchSize: 24,
    downscale: 4,
    rng: ofSelector,
    scorer: { kind: 'conv', channels: [4, 8, 16], pool: 2 },
    features: new PositiveFeatures(ofFeatures),
    aggregation: new ScaledSum(ofAggregation, 4, 64),
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

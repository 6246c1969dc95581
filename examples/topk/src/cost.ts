/** What looking at patches costs, in time and memory, beside looking at the whole image. */
import { createWasmDevice, useDevice } from '@saccade/kernels';
import { type Experiment, table } from '@saccade/lab';
import { Linear } from '@saccade/nn';
import { mul, Rng, scope, sum, type Tensor, valueAndGradOf } from '@saccade/tensor';
import {
  AtsNetwork,
  extractPatches,
  PatchSelector,
  patchGrid,
  type TopKMethod,
  type TopKOptions,
  topK,
} from '@saccade/topk';
import { paper } from './paper.js';
import { withPeakMemory } from './peak-memory.js';

/** The paper's setting for traffic signs, at some size of the image. */
function trafficSelector(height: number, width: number, seed: number): PatchSelector {
  const options = { height, width, classes: 4, patches: 5, patchSize: 100, downscale: 3, rng: new Rng(seed) };
  const selector = new PatchSelector(options);
  selector.eval();
  return selector;
}

/** The same feature network over the whole image. */
function wholeNetwork(seed: number): (images: Tensor) => Tensor {
  const rng = new Rng(seed);
  const features = new AtsNetwork({ rng });
  const head = new Linear(features.outSize, 4, { rng });
  features.eval();
  return (images) => scope(() => head.forward(features.forward(images)));
}

function photo(height: number, width: number, seed: number): Tensor {
  return new Rng(seed).uniform([1, height, width, 3]) as unknown as Tensor;
}

/** Milliseconds of a call whose result is awaited and freed. */
async function time(call: () => Tensor): Promise<number> {
  const start = performance.now();
  await scope(async () => await call().data());
  return performance.now() - start;
}

/** Sizes from a quarter of the paper's to four times it. */
const sizes = [
  [480, 640],
  [960, 1280],
  [1920, 2560],
] as const;

/** What follows the choice: cutting out five patches of an image of some size, and reading them. */
function patchPart(height: number, width: number, seed: number) {
  const selector = trafficSelector(height, width, seed);
  const image = photo(height, width, seed);
  const scores = new Rng(seed).uniform([1, selector.grid.rows * selector.grid.columns]) as unknown as Tensor;
  const selection = topK(scores, { k: 5, method: 'hard' });
  const dense = selection.toDense();
  const run = (): Tensor => scope(() => selector.classify(extractPatches(image, selection, selector.grid), dense));
  return { height, width, run, best: Infinity };
}

/** Runs `body` on a device of one thread: what is timed then depends less on what else the machine does. */
async function onOneThread<R>(body: () => Promise<R>): Promise<R> {
  const device = createWasmDevice({ threads: 1 });
  const before = useDevice(device);
  try {
    return await body();
  } finally {
    useDevice(before);
    device.dispose();
  }
}

const megabytes = (bytes: number): number => Number((bytes / 2 ** 20).toFixed(2));

const speed: Experiment[] = [
  {
    id: 'topk/inference-is-faster',
    paper,
    claim:
      'Five patches of 100 x 100 are read several times faster than the whole image of 960 x 1280 by the same network.',
    measures: 'time of the whole image over that of the patches, scorer and down-scaling included',
    unit: 'x',
    baseline: 'the whole image',
    bar: { atLeast: 6 },
    run: async ({ seed, progress }) =>
      await onOneThread(async () => {
        const [selector, whole, image] = [trafficSelector(960, 1280, seed), wholeNetwork(seed), photo(960, 1280, seed)];
        let [full, few] = [Infinity, Infinity];
        for (let round = 0; round < 3; round++) {
          full = Math.min(full, await time(() => whole(image)));
          for (let again = 0; again < 4; again++) few = Math.min(few, await time(() => selector.forward(image)));
          await progress((round + 1) / 3);
        }
        return {
          measured: full / few,
          baseline: 1,
          notes: [
            `Whole image ${full.toFixed(0)} ms, patches ${few.toFixed(0)} ms, the fastest on one thread; multiply-adds 8.91 G and 1.19 G, a factor of 7.5.`,
          ],
        };
      }),
  },
  {
    id: 'topk/patch-network-does-not-grow',
    paper,
    claim: 'What the patches cost does not grow with the image: from 480 x 640 to 1920 x 2560 it stays the same.',
    measures: 'slowest over fastest time of extracting and reading the patches',
    unit: 'x',
    baseline: 'pixels of the largest over the smallest image',
    bar: { atMost: 1.2 },
    run: async ({ seed, progress }) =>
      await onOneThread(async () => {
        const parts = sizes.map(([height, width]) => patchPart(height, width, seed));
        const rounds = 25;
        for (let round = 0; round < rounds; round++) {
          for (const part of parts) part.best = Math.min(part.best, await time(part.run));
          await progress((round + 1) / rounds);
        }
        const times = parts.map(({ best }) => best);
        return {
          measured: Math.max(...times) / Math.min(...times),
          baseline: 16,
          figures: [
            table({
              title: 'Time of the patch network, on one thread',
              head: ['image', 'ms'],
              rows: parts.map(({ height, width, best }) => [`${height} x ${width}`, Number(best.toFixed(1))]),
            }),
          ],
        };
      }),
  },
];

const memory: Experiment[] = [
  {
    id: 'topk/inference-memory',
    paper,
    claim: 'Reading patches takes a fraction of the memory that the whole image takes.',
    measures: 'most memory beside the image, patches over whole image (960 x 1280)',
    baseline: 'the whole image',
    bar: { atMost: 1 / 8 },
    run: async ({ seed }) =>
      await withPeakMemory(async (measure) => {
        const [selector, whole, image] = [trafficSelector(960, 1280, seed), wholeNetwork(seed), photo(960, 1280, seed)];
        const full = measure(() => scope(() => void whole(image)));
        const few = measure(() => scope(() => void selector.forward(image)));
        return {
          measured: few / full,
          baseline: 1,
          notes: [`${megabytes(few)} MB and ${megabytes(full)} MB.`],
        };
      }),
  },
  {
    id: 'topk/training-memory',
    paper,
    claim:
      'No tensor of samples x k x n, no noise and no list of all patches is kept: choosing and cutting out, forward and backward, fit in a few MB.',
    measures: 'most memory of 5 of 2028 with 500 samples and patches of 100 x 100, in MB',
    baseline: 'the released code: one-hot 20.3, noise 4.1, all patches 243',
    bar: { atMost: 8 },
    run: async ({ seed }) =>
      await withPeakMemory((measure) => {
        const [height, width] = [960, 1280];
        const rng = new Rng(seed);
        const image = photo(height, width, seed);
        const grid = patchGrid({ height, width, rows: 39, columns: 52, patchSize: 100 });
        const scores = rng.uniform([1, 2028]) as unknown as Tensor;
        const g = rng.normal([1, 5, 2028]) as unknown as Tensor;
        const choose = (options: TopKOptions): number =>
          measure(() => scope(() => void valueAndGradOf(scores, () => sum(mul(topK(scores, options).toDense(), g)))));
        const exact = choose({ k: 5 });
        const sampled = choose({ k: 5, method: 'perturbed', rng });
        const both = measure(() =>
          scope(
            () =>
              void valueAndGradOf(scores, () =>
                extractPatches(image, topK(scores, { k: 5, method: 'perturbed', rng }), grid)
                  .square()
                  .sum(),
              ),
          ),
        );
        return {
          measured: megabytes(both),
          baseline: 267.4,
          figures: [
            table({
              title: 'Memory of choosing 5 of 2028, forward and backward',
              head: ['what', 'MB'],
              rows: [
                ['exact', megabytes(exact)],
                ['500 samples', megabytes(sampled)],
                ['500 samples, and cutting out the patches', megabytes(both)],
                ['the released one-hot tensor of 500 samples alone', 20.3],
                ['all 2028 patches', 243],
              ],
            }),
          ],
        };
      }),
  },
];

const sharpened: readonly (readonly [TopKMethod, Omit<TopKOptions, 'k'>])[] = [
  ['exact', { sigma: 1e-4 }],
  ['lapsum', { alpha: 1e-4 }],
  ['sparse', { width: 1e-4 }],
  ['dftopk', { tau: 1e-4 }],
];

const agreement: Experiment[] = [
  {
    id: 'topk/relaxations-agree',
    paper,
    claim: 'As they grow harder, all methods choose the k largest; exact, LapSum and sparse always sum to k.',
    measures: 'of 100 random rows of 64 and four methods, those whose mask above one half is the hard choice',
    unit: '%',
    baseline: 'a random choice of 8',
    bar: { atLeast: 100 },
    async run({ seed }) {
      const [rows, n, k] = [100, 64, 8];
      const scores = new Rng(seed).uniform([rows, n]) as unknown as Tensor;
      const hard = await topK(scores, { k, method: 'hard' }).toMask().data();
      let same = 0;
      let off = 0;
      for (const [method, options] of sharpened) {
        const mask = await topK(scores, { k, method, ...options })
          .toMask()
          .data();
        const soft = await topK(scores, { k, method }).toMask().sum({ axis: 1 }).data();
        if (method !== 'dftopk') off = Math.max(off, ...soft.map((total) => Math.abs(total - k)));
        for (let row = 0; row < rows; row++) {
          const chosen = (values: Float32Array): string =>
            Array.from(values.subarray(row * n, (row + 1) * n), (value) => +(value > 0.5)).join('');
          if (chosen(mask) === chosen(hard)) same += 1;
        }
      }
      if (off > 1e-5) throw new Error(`a mask sums to k only within ${off}`);
      return {
        measured: (100 * same) / (rows * sharpened.length),
        baseline: 0,
        notes: [`Largest |sum - k|: ${off.toExponential(1)}.`],
      };
    },
  },
];

/** All of them. */
export const costExperiments: readonly Experiment[] = [...speed, ...memory, ...agreement];

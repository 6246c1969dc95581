/** The network that looks only at the patches that matter, and learns which these are. */
import { crossEntropy, type Linear, Module } from '@saccade/nn';
import {
  add,
  assign,
  full,
  mul,
  type Rng,
  requireFrom,
  requireShape,
  reshape,
  scope,
  silu,
  type Tensor,
  tensor,
  zeros,
} from '@saccade/tensor';
import { extractPatches } from '../patches/extract-patches.js';
import type { ScoreNormalization } from '../patches/normalize-scores.js';
import type { PatchGrid } from '../patches/patch-grid.js';
import { resizeAntialiased } from '../patches/resize-antialiased.js';
import { scoreEntropy } from '../patches/score-entropy.js';
import type { Aggregation } from './aggregation/aggregation.js';
import { choosePatches, methodOf } from './choose-patches.js';
import type { FeatureNetwork } from './feature-kinds.js';
import type { PatchLook } from './patch-look.js';
import { type PatchSelectorConfig, type PatchSelectorOptions, selectorConfig } from './patch-selector-options.js';
import { representPatches } from './represent-patches.js';
import type { ScoreNetwork } from './scorer-kinds.js';
import { selectorParts } from './selector-parts.js';

/** Scores [batch, n], before and behind the normalisation. */
interface Scores {
  readonly raw: Tensor;
  readonly normal: Tensor;
}

/**
 * PatchNet of Cordonnier et al. 2021: a scorer looks at a small copy of the image, the k places with the highest scores are chosen, softly in training
 * and for good in evaluation, patches of the full image there go through a feature network, and an aggregation and two affine maps make
 * classes of them: images [batch, height, width, channels], float or uint8, -> logits [batch, classes].
 *
 * Rows stand in the same order in training and evaluation. Noise, mixing and dropout draw from streams of the model's own, which check points of
 * `fit` keep. State: `scorer`, `normalization`, `features`, `aggregation`, `classification_dense1`, `final`, `sigma_multiplier`.
 */
export class PatchSelector extends Module<[images: Tensor]> {
  /** All that was set, with its defaults. */
  readonly config: PatchSelectorConfig;
  /** Where the patches lie. */
  readonly grid: PatchGrid;
  readonly scorer: ScoreNetwork;
  readonly normalization: ScoreNormalization;
  readonly features: FeatureNetwork;
  readonly aggregation: Aggregation;
  readonly classificationDense1: Linear | undefined;
  readonly final: Linear;
  /** The stream of noise and mixing. */
  readonly rng: Rng;
  readonly #multiplier: Tensor;

  /**
   * @param limit for options that nobody has checked: parts that would train more values than so many are a FormatError, before they are made
   * @throws {OptionError} @throws {ShapeError} for images that are too small for the scorer
   */
  constructor(options: PatchSelectorOptions, limit: number = Infinity) {
    super();
    this.config = selectorConfig(options);
    const { dense, ...parts } = selectorParts(this.config, options, limit);
    this.grid = parts.grid;
    this.scorer = parts.scorer;
    this.normalization = parts.normalization;
    this.features = parts.features;
    this.aggregation = parts.aggregation;
    this.classificationDense1 = dense;
    this.final = parts.final;
    this.rng = this.generator('rng', options.rng.fork());
    this.#multiplier = this.buffer('sigma_multiplier', tensor(1));
  }

  /** What sigma is multiplied by, 1 at the start; a buffer, so that it is saved. Reading it needs a device that can be read at once. */
  get sigmaMultiplier(): number {
    return this.#multiplier.dataSync()[0] as number;
  }

  /** @throws {OptionError} unless it is a number from 0 */
  set sigmaMultiplier(value: number) {
    requireFrom('PatchSelector', 'sigmaMultiplier', value);
    const { device } = this.#multiplier;
    scope(() => assign(this.#multiplier, full([], value, { device })));
  }

  /** @throws {ShapeError} unless images are [batch, height, width, channels] */
  override forward(images: Tensor): Tensor {
    return scope(() => this.look(images).logits);
  }

  /** Cross-entropy plus the weighted entropy of the scores, a scalar. @param labels int32 [batch], or probabilities [batch, classes] @throws {ShapeError} @throws {IndexError} */
  loss(images: Tensor, labels: Tensor): Tensor {
    const { entropyWeight, entropyOf } = this.config;
    return scope(() => {
      const { logits, entropy, entropyBefore } = this.look(images);
      const value = crossEntropy(logits, labels);
      return add(value, mul(entropyOf === 'before' ? entropyBefore : entropy, entropyWeight));
    });
  }

  /** The forward pass with all that it saw on the way. @throws {ShapeError} unless images are [batch, height, width, channels] */
  look(images: Tensor): PatchLook {
    const { height, width, channels } = this.config;
    const [batch] = requireShape('PatchSelector', 'images', images, ['batch', height, width, channels]);
    const { rows, columns } = this.grid;
    return scope(() => {
      const { raw, normal } = this.#scores(images, batch);
      const selection = choosePatches(normal, this.config, this.training, this.#multiplier, this.rng);
      const patches = extractPatches(images, selection, this.grid, { scale: this.config.scale });
      const indicators = selection.toDense();
      const representations = this.#represent(patches, indicators);
      return {
        logits: this.#classes(representations, indicators),
        scores: reshape(normal, [batch, rows, columns]),
        selection,
        patches,
        representations,
        entropy: scoreEntropy(normal, { probabilities: this.normalization.probabilities }),
        entropyBefore: scoreEntropy(raw),
      };
    });
  }

  /** Normalised scores of small pictures, as the scorer sees them: [batch, h, w, channels] -> [batch, rows, columns]. @throws {ShapeError} */
  scoreMap(low: Tensor): Tensor {
    return scope(() => {
      const scores = this.scorer.forward(low);
      const [batch, rows, columns] = requireShape('PatchSelector', 'scores', scores, ['batch', 'rows', 'columns']);
      return reshape(this.normalization.forward(reshape(scores, [batch, rows * columns])), [batch, rows, columns]);
    });
  }

  /**
   * Logits of patches that are there already: [batch, k, patchSize, patchSize, channels] and the places that they are from, indicators
   * [batch, k, n]. @throws {ShapeError}
   */
  classify(patches: Tensor, indicators: Tensor): Tensor {
    return scope(() => this.#classes(this.#represent(patches, indicators), indicators));
  }

  #scores(images: Tensor, batch: number): Scores {
    const { height, width, downscale, scale } = this.config;
    const { rows, columns } = this.grid;
    const shape = [batch, rows * columns] as const;
    if (methodOf(this.config, this.training) === 'random') {
      const none = zeros(shape, { device: images.device });
      return { raw: none, normal: none };
    }
    const size = [Math.floor(height / downscale), Math.floor(width / downscale)] as const;
    const raw = reshape(this.scorer.forward(resizeAntialiased(images, size, { scale })), shape);
    return { raw, normal: this.normalization.forward(raw) };
  }

  #represent(patches: Tensor, indicators: Tensor): Tensor {
    return representPatches(patches, indicators, this.features, this.config, this.grid);
  }

  #classes(representations: Tensor, indicators: Tensor): Tensor {
    const whole = this.aggregation.forward(representations, indicators);
    const { classificationDense1: dense } = this;
    return this.final.forward(dense === undefined ? whole : silu(dense.forward(whole)));
  }
}

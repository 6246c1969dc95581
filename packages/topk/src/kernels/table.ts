/** The package's own kernels, once, with their meaning. Buffers are contiguous and row-major; sizes are checked by the caller. */
import type { Buffer } from '@saccade/kernels';
import type { SinkhornSettings } from './js/sinkhorn.js';
import type { PatchSizes } from './patch-sizes.js';

/** The order of a selection's rows: by position, by perturbed value with the best first, or with the worst of the k first. */
export const orders = ['position', 'value', 'value-ascending'] as const;

/** What is subtracted from the reward of a sample: nothing, the mean of the others, or the reward of the unperturbed choice. */
export const baselines = ['none', 'leave-one-out', 'hard'] as const;

/** An interface cannot be mapped over by `KernelExtension`; a type can. */
export type TopKKernels = {
  /** E[sum of z over the k chosen of x + sigma z], in sigma, for active scores [rows, m] and their plan: total [rows]. */
  exactNoise(
    scores: Buffer,
    sigma: Buffer,
    plan: Buffer,
    total: Buffer,
    rows: number,
    m: number,
    k: number,
    gumbel: boolean,
  ): void;
  /** LapSum masks y [rows, n] of x [rows, n]: F((x - b) / alpha), F the Laplace distribution, each row summing to k, real in (0, n]. */
  lapsum(x: Buffer, y: Buffer, rows: number, n: number, k: number, alpha: number): void;
  /** Its gradients dx [rows, n], and for each row by k and by alpha: dk, dalpha [rows]. */
  lapsumGrad(
    x: Buffer,
    g: Buffer,
    dx: Buffer,
    dk: Buffer,
    dalpha: Buffer,
    rows: number,
    n: number,
    k: number,
    alpha: number,
  ): void;
  /** Sparse masks y [rows, n] = clip((x - tau) / l, 0, 1)^power, power = 1 / (p - 1), each row summing to k, real in (0, n]. */
  sparse(x: Buffer, y: Buffer, rows: number, n: number, k: number, l: number, power: number): void;
  /** Its gradients dx [rows, n] and dk [rows]; 0 where the mask is hard. */
  sparseGrad(
    x: Buffer,
    g: Buffer,
    dx: Buffer,
    dk: Buffer,
    rows: number,
    n: number,
    k: number,
    l: number,
    power: number,
  ): void;
  /** SOFT top-k y [rows, k, n], the best rank first (or [rows, 1, n] for masks), and errors [rows]: the marginal error relative to 1 / n. */
  sinkhorn(x: Buffer, y: Buffer, errors: Buffer, rows: number, n: number, k: number, settings: SinkhornSettings): void;
  /** Its gradient dx [rows, n]. */
  sinkhornGrad(x: Buffer, dy: Buffer, dx: Buffer, rows: number, n: number, k: number, settings: SinkhornSettings): void;
  /**
   * For scores [rows, n] with the k + 1 largest of each row `best` (k of them if k = n), best first, and sigma [rows]: the plan [rows, 3], that is the
   * k-th largest score and the range of the threshold in sigma from there (empty: the choice is the hard one), and how many
   * elements, the largest ones, can enter (active, int32 [rows]).
   */
  exactPlan(
    best: Buffer,
    scores: Buffer,
    sigma: Buffer,
    plan: Buffer,
    active: Buffer,
    rows: number,
    n: number,
    k: number,
    gumbel: boolean,
  ): void;
  /** Weights [rows, k, m] of the exact perturbed top-k (limit of infinitely many samples) of active scores [rows, m], rows by position. */
  exactForward(
    scores: Buffer,
    sigma: Buffer,
    plan: Buffer,
    weights: Buffer,
    rows: number,
    m: number,
    k: number,
    gumbel: boolean,
  ): void;
  /** Its gradients by the scores [rows, m] and by sigma [rows], for the cotangent [rows, k, m]. */
  exactGrad(
    scores: Buffer,
    sigma: Buffer,
    plan: Buffer,
    cotangent: Buffer,
    gradScores: Buffer,
    gradSigma: Buffer,
    rows: number,
    m: number,
    k: number,
    gumbel: boolean,
  ): void;
  /**
   * The k largest of scores + sigma noise for `count` of the rows x samples samples, from number `first` on, whose noise is
   * [count, stride] (stride >= n): their positions `chosen` (int32 [rows, samples, k], in an order of `orders`), the noise there, and, where wanted, for each the moment
   * sum_j z nu(z) - 1 (nu as in `perturbedGrad`), which the gradient by sigma needs. Ties: the lower position first.
   */
  perturbedSelect(
    scores: Buffer,
    sigma: Buffer,
    noise: Buffer,
    chosen: Buffer,
    chosenNoise: Buffer,
    moments: Buffer,
    first: number,
    count: number,
    samples: number,
    n: number,
    k: number,
    stride: number,
    order: number,
    gumbel: boolean,
    withMoments: boolean,
  ): void;
  /** How many different positions each row of `chosen` [rows, size] names: int32 [rows]. */
  perturbedCount(chosen: Buffer, counts: Buffer, rows: number, size: number, n: number): void;
  /**
   * The candidates [rows, m] of each row of `chosen` [rows, all, k] (all it names, ascending, and the lowest others where it names less than m), the
   * place of each choice among them `slots` [rows, all, k], and weights [rows, k, m]: how often, of the first `samples`, each is
   * the r-th.
   */
  perturbedWeights(
    chosen: Buffer,
    candidates: Buffer,
    slots: Buffer,
    weights: Buffer,
    rows: number,
    all: number,
    samples: number,
    n: number,
    k: number,
    m: number,
  ): void;
  /**
   * c_s = sum_r cotangent[r, slot_s[r]] less a baseline of `baselines` (the hard choice is the sample number `samples`), over samples x sigma:
   * [rows, samples].
   */
  perturbedCoefficients(
    slots: Buffer,
    cotangent: Buffer,
    sigma: Buffer,
    coefficients: Buffer,
    rows: number,
    all: number,
    samples: number,
    k: number,
    m: number,
    baseline: number,
  ): void;
  /** Adds sum_s c_s nu(z_s) over the samples from `first` on, as in `perturbedSelect`, to grad [rows, n]; nu(z) = z (normal) or 1 - e^-z (Gumbel). */
  perturbedGrad(
    noise: Buffer,
    coefficients: Buffer,
    grad: Buffer,
    first: number,
    count: number,
    samples: number,
    n: number,
    stride: number,
    gumbel: boolean,
  ): void;
  /** The diagonal estimate of the release: sum_s,r cotangent[r, slot] nu(z_s[slot]) / (samples sigma) at each slot: [rows, m]. */
  perturbedDiagonal(
    slots: Buffer,
    chosenNoise: Buffer,
    cotangent: Buffer,
    sigma: Buffer,
    grad: Buffer,
    rows: number,
    all: number,
    samples: number,
    k: number,
    m: number,
    gumbel: boolean,
  ): void;
  /**
   * Patches [batch, rows, patchSize, patchSize, channels] of images (float or uint8): sum_c weights[b, r, c] scale window(b, indices[b, c]).
   * Windows are zero outside of the image; what has weight 0 is not read.
   */
  extractPatches(image: Buffer, indices: Buffer, weights: Buffer, patches: Buffer, sizes: PatchSizes): void;
  /** Its gradient by the weights [batch, rows, candidates]: 0 for candidates that the threshold passes over, not for those of weight 0. */
  patchWeightGrad(
    image: Buffer,
    indices: Buffer,
    weights: Buffer,
    dPatches: Buffer,
    dWeights: Buffer,
    sizes: PatchSizes,
  ): void;
  /** Its gradient by a float image. */
  patchImageGrad(indices: Buffer, weights: Buffer, dPatches: Buffer, dImage: Buffer, sizes: PatchSizes): void;
};

/** The steps of optimizers whose plain form would pass over the parameters a dozen times. */

/** One step of Adam, its bias corrections worked in. */
export interface AdamStep {
  readonly beta1: number;
  readonly beta2: number;
  /** rate / (1 - beta1^t) */
  readonly rate: number;
  /** 1 / sqrt(1 - beta2^t) */
  readonly root: number;
  readonly epsilon: number;
}

export interface OptimizerKernels<B> {
  /**
   * newMean = beta1 mean + (1 - beta1) gradient, newSquare = beta2 square + (1 - beta2) gradient^2,
   * newParameter = parameter - rate newMean / (root sqrt(newSquare) + epsilon), element by element. Floats of one type.
   * An output may be the input of its name.
   */
  adam(parameter: B, gradient: B, mean: B, square: B, newParameter: B, newMean: B, newSquare: B, step: AdamStep): void;
}

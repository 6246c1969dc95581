/** Layer norm (over the last axis) and batch norm (per channel, channels last), forward and backward. */

export interface NormKernels<B> {
  /**
   * out[r, c] = (x[r, c] - mean[r]) rstd[r] gamma[c] + beta[c] with mean and variance (divided by `size`) of row r and
   * rstd = 1 / sqrt(variance + epsilon). Writes mean and rstd [rows] for the backward pass. gamma and beta may be left out.
   */
  layerNorm(
    x: B,
    gamma: B | undefined,
    beta: B | undefined,
    out: B,
    mean: B,
    rstd: B,
    rows: number,
    size: number,
    epsilon: number,
  ): void;
  /** Gradients of layerNorm. dgamma and dbeta [size] may be left out. */
  layerNormGrad(
    x: B,
    gamma: B | undefined,
    mean: B,
    rstd: B,
    dy: B,
    dx: B,
    dgamma: B | undefined,
    dbeta: B | undefined,
    rows: number,
    size: number,
  ): void;
  /**
   * out[r, c] = (x[r, c] - mean[c]) rstd[c] gamma[c] + beta[c] with mean and variance of column c over the rows (batch,
   * height and width together). Writes mean, variance (divided by rows) and rstd [channels].
   */
  batchNorm(
    x: B,
    gamma: B | undefined,
    beta: B | undefined,
    out: B,
    mean: B,
    variance: B,
    rstd: B,
    rows: number,
    channels: number,
    epsilon: number,
  ): void;
  /** Gradients of batchNorm. dgamma and dbeta [channels] may be left out. */
  batchNormGrad(
    x: B,
    gamma: B | undefined,
    mean: B,
    rstd: B,
    dy: B,
    dx: B,
    dgamma: B | undefined,
    dbeta: B | undefined,
    rows: number,
    channels: number,
  ): void;
}

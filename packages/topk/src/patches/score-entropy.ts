/** How undecided scores are: the entropy that is watched and regularised in training. */
import {
  checkOptions,
  greater,
  log,
  logSoftmax,
  mean,
  mul,
  neg,
  requireShape,
  scope,
  softmax,
  sum,
  type Tensor,
  where,
} from '@saccade/tensor';

/** What the scores are. */
export interface ScoreEntropyOptions {
  /** They are probabilities already, as behind a softmax. Default false: the softmax of the scores is taken. */
  readonly probabilities?: boolean | undefined;
}

/**
 * The mean over the batch of -sum p ln p, a scalar, for p = softmax(scores) or, with `probabilities`, the scores [batch, n]
 * themselves; what is 0 adds nothing, to the gradient neither. Cordonnier et al. add it to the loss with weight -0.01, so
 * that scores do not settle early. @throws {ShapeError} unless scores are [batch, n]
 */
export function scoreEntropy(scores: Tensor, options: ScoreEntropyOptions = {}): Tensor {
  const { probabilities = false } = checkOptions('scoreEntropy', options, ['probabilities']);
  requireShape('scoreEntropy', 'scores', scores, ['batch', 'n']);
  return scope(() => {
    const p = probabilities ? scores : softmax(scores);
    const some = greater(p, 0);
    // The side of `where` that is not taken must stay finite: the logarithm of 0 never arises.
    const logarithm = probabilities ? log(where(some, p, 1)) : where(some, logSoftmax(scores), 0);
    return neg(mean(sum(mul(p, logarithm), { axis: 1 })));
  });
}

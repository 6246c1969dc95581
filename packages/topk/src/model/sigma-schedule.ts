/** How the noise of the selection fades in training: as it does, the soft choice turns into the hard one. */
import { cosine, type Schedule } from '@saccade/nn';
import { checkOptions, requireCount, requireFrom } from '@saccade/tensor';

/** Options of the linear schedule. */
export interface LinearSigmaOptions {
  /** At the start. Default 0.05. */
  readonly sigma?: number | undefined;
  /** Steps until it is 0. */
  readonly steps: number;
}

/**
 * sigma (1 - step / steps) for the step that `step` others came before: step t of T, counted from 1, has the share
 * 1 - (t - 1) / T, and behind the last one it is 0. Cordonnier et al. 2021. @throws {OptionError}
 */
export function linearSigma(options: LinearSigmaOptions): Schedule {
  const { sigma = 0.05, steps } = checkOptions('linearSigma', options, ['sigma', 'steps']);
  requireFrom('linearSigma', 'sigma', sigma);
  requireCount('linearSigma', 'steps', steps);
  return (step) => sigma * Math.max(0, 1 - step / steps);
}

/** Options of the cosine schedule. */
export interface CosineSigmaOptions extends LinearSigmaOptions {
  /** At the end and from then on. Default 1e-5. */
  readonly final?: number | undefined;
}

/** From sigma to `final` along half a cosine within `steps`, as the corrected port of the paper's code does. @throws {OptionError} */
export function cosineSigma(options: CosineSigmaOptions): Schedule {
  const { sigma = 0.05, steps, final = 1e-5 } = checkOptions('cosineSigma', options, ['sigma', 'steps', 'final']);
  requireFrom('cosineSigma', 'sigma', sigma);
  requireFrom('cosineSigma', 'final', final);
  requireCount('cosineSigma', 'steps', steps);
  return cosine({ rate: sigma, steps, final });
}
